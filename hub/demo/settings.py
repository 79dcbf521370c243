"""The settings of the example day: invented secrets, two shops, one key, one store system."""

import base64
from pathlib import Path

from pydantic import AnyHttpUrl, SecretStr

from hub.brand import Brand
from hub.config import ApiKey, Settings, Shop, Sink
from hub.demo.cast import KAAMOS, SAUNA
from hub.demo.message import SEALS, invented_secret
from hub.store.session import Store

SHOPS = {
    KAAMOS: Shop(
        name="Kaamos & Koti",
        brand=Brand(
            colour="#1d3557",
            reply_to="asiakaspalvelu@kaamos.example",
            website=AnyHttpUrl("https://kaamos.example/"),
            customer_service="asiakaspalvelu@kaamos.example",
            address="Kaamos & Koti Oy, Esimerkkikatu 1, 33100 Tampere",
        ),
    ),
    SAUNA: Shop(
        name="Saunakauppa Löyly",
        brand=Brand(
            colour="#f2a65a",
            customer_service="040 000 0000",
            address="Saunakauppa Löyly, Mallitie 2, 70100 Kuopio",
            footer={"fi": "Hyviä löylyjä!", "sv": "Sköna bad!", "en": "Enjoy your sauna!"},
        ),
    ),
}
DATABASE = Path("var/demo.db")
SINK = "kassa"


def secret_of(seed: int, connector: str) -> str:
    """Return what a vendor of the example day signs with."""
    text = base64.b64encode(invented_secret(seed, connector)).decode()
    return f"whsec_{text}" if connector in {"canonical", SINK} else text


def api_key(seed: int) -> str:
    """Return the one key that may ask."""
    return f"demo_{invented_secret(seed, 'api key').hex()[:32]}"


def demo_settings(
    base: Settings, *, seed: int, sink_url: str, database: Path = DATABASE
) -> Settings:
    """Return the settings of a hub that lives the example day.

    Port and limits stay those of ``base``. The hub listens on loopback alone, because the invented
    secrets are no secret, and mail goes to the local mailbox: nobody outside is told of invented
    orders.
    """
    secret = SecretStr(secret_of(seed, SINK))
    return base.model_copy(
        update={
            "database_url": f"sqlite:///{database}",
            "secrets": {name: SecretStr(secret_of(seed, name)) for name in SEALS},
            "api_keys": (
                ApiKey(name="demo", key=SecretStr(api_key(seed)), scopes=frozenset({"read"})),
            ),
            "host": "127.0.0.1",
            "smtp_url": None,
            "mail_from": "Tilanne <tilaukset@tilanne.example>",
            "sinks": (Sink(name=SINK, url=AnyHttpUrl(sink_url), secret=secret),),
            "sink_networks": ("127.0.0.0/8",),
            "shops": SHOPS,
        }
    )


def wipe(database: Path) -> None:
    """Remove the database of an earlier day; raise ``AlreadyRunning`` if a hub works on it."""
    store = Store(f"sqlite:///{database}")
    try:
        store.hold_alone()
    finally:
        store.close()
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
