"""Looks at an installation the way an operator would, and names the remedy for what is wrong."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from aiosmtplib import SMTP, SMTPException
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from connectors.registry import discover
from hub.app import checks
from hub.catalogues import Catalogues
from hub.clock import utc_now
from hub.config import Settings
from hub.gallery.proving import proven
from hub.readiness import Finding, examine
from hub.store.session import Store

ROOM = 1024**3  #: bytes that should be free beside the database
PATIENCE_S = 10.0  #: a person waits longer than a machine


def look_at(settings: Settings) -> list[Finding]:
    """Examine what the settings name; never raises, changes nothing."""
    looks: list[Callable[[Settings], Iterator[Finding]]] = [
        _database,
        _secrets,
        _readers,
        _mail,
        _words,
    ]
    return [finding for look in looks for finding in look(settings)]


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        store = Store(settings.database_url)
    except (OSError, ValueError, SQLAlchemyError) as error:
        yield Finding("database", False, str(error), "set TILANNE_DATABASE_URL")
        return
    try:
        yield from asyncio.run(examine(checks(settings, store), PATIENCE_S))
    finally:
        store.close()
    if store.file is not None:
        free = shutil.disk_usage(store.file.parent).free
        remedy = "" if free > ROOM else "make room: a full disk answers every webhook with 503"
        yield Finding("disk", free > ROOM, f"{free // 1024**2} MB free", remedy)


def _secrets(settings: Settings) -> Iterator[Finding]:
    known = discover()
    for name in sorted(known):
        try:
            count = len(settings.secrets_of(name))
        except ValueError as error:
            yield Finding(f"secret of {name}", False, str(error), "write a JSON list")
            continue
        found = f"{count} valid" if count else "none: its door answers 401"
        yield Finding(f"secret of {name}", True, found)
    for name in sorted(set(settings.secrets) - set(known)):
        remedy = "take the setting away or correct its name: `tilanne connectors` lists them"
        yield Finding(f"secret of {name}", False, "there is no such connector", remedy)


def _readers(settings: Settings) -> Iterator[Finding]:
    count = len(settings.api_keys)
    yield Finding("API keys", True, f"{count} set" if count else "none: nobody can ask")
    names = [sink.name for sink in settings.sinks]
    well = len(names) == len(set(names))
    remedy = "" if well else "give every sink a name of its own"
    yield Finding("sinks", well, ", ".join(names) or "none", remedy)


def _mail(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        yield Finding("e-mail", True, "local mailbox: customers are told nothing")
        return
    fault = asyncio.run(_greet(settings.smtp_url))
    remedy = "" if fault is None else "check TILANNE_SMTP_URL and the server"
    yield Finding("e-mail", fault is None, fault or "the server greets", remedy)


async def _greet(url: SecretStr) -> str | None:
    parts = urlsplit(url.get_secret_value())
    secure = parts.scheme == "smtps"
    client = SMTP(hostname=parts.hostname, port=parts.port, use_tls=secure, timeout=10)
    try:
        async with client:
            return None
    except (SMTPException, OSError) as error:
        return type(error).__name__


def _words(settings: Settings) -> Iterator[Finding]:
    languages = ", ".join(sorted(Catalogues.load().languages))
    yield Finding("languages", True, languages)
    own = sorted(name for name, shop in settings.shops.items() if shop.brand.templates)
    if own:
        try:
            proven(settings, Catalogues.load(), utc_now()).close()
        except (ValueError, OSError) as error:
            yield Finding("templates", False, str(error), "correct them or take them away")
            return
        yield Finding("templates", True, f"of {', '.join(own)}: hold")
