"""One hub per database: a second one would tell customers everything twice."""

import fcntl
import os
from collections.abc import Callable

from sqlalchemy import Engine


class AlreadyRunning(Exception):
    """Another hub works on this database; two would tell customers everything twice."""


def claim(engine: Engine) -> Callable[[], None]:
    """Claim a database; return what lets go of it again. Raises ``AlreadyRunning``."""
    return _claim_file(engine) if engine.dialect.name == "sqlite" else _claim_server(engine)


def _claim_file(engine: Engine) -> Callable[[], None]:
    lock = os.open(f"{engine.url.database}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise _taken(f"{engine.url.database}") from error
    return lambda: os.close(lock)


def _claim_server(engine: Engine) -> Callable[[], None]:
    connection = engine.connect()
    claimed = connection.exec_driver_sql(
        "SELECT pg_try_advisory_lock(hashtext('tilanne'))"
    ).scalar()
    connection.commit()
    if not claimed:
        connection.close()
        raise _taken(f"{engine.url.host}/{engine.url.database}")
    return connection.close


def _taken(database: str) -> AlreadyRunning:
    return AlreadyRunning(
        f"another hub already works on {database}; stop it first, or give this one its own "
        "TILANNE_DATABASE_URL"
    )
