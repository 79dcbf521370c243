"""Which databases several processes of a hub may share, so that orders have one truth."""

from hub.store.session import Store


def refuse_unshared(store: Store, role: str) -> None:
    """Refuse to be a part of a hub on a database that only one process can have."""
    if not store.shared:
        raise ValueError(
            f"tilanne {role} is one process of several, and they cannot share a SQLite file: set "
            "TILANNE_DATABASE_URL=postgresql://…, or run `tilanne up`, which is all of them in one"
        )
