"""An empty hub's database, as it is before the first order."""

from hub.store.migrate import migrate
from hub.store.session import Store


def migrated(url: str) -> str:
    """Make the tables of a database; return its url."""
    store = Store(url)
    migrate(store)
    store.close()
    return url
