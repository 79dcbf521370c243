"""Who may work on a database: on a file one hub, on a server as many as there are.

What rewrites beliefs wants to be alone with them. So a hub on a server says with each of its
sessions that it is at work, and who wants to be alone is refused as long as anybody is; and the
other way round. The server forgets a session that ends, however it ends.
"""

import fcntl
import os
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

#: Seconds after which the server gives up on a session that has stopped in the middle of a
#: transaction (its process stands still): others wait for the orders it has locked.
STANDSTILL = 15
_AT_WORK = "SELECT pg_try_advisory_lock_shared(hashtext('tilanne'))"
_ALONE = "SELECT pg_try_advisory_lock(hashtext('tilanne'))"
_STANDSTILL = f"SET idle_in_transaction_session_timeout = '{STANDSTILL}s'"


class AlreadyRunning(Exception):
    """Somebody else works on this database, and both at once would spoil each other's work."""


def shared(engine: Engine) -> bool:
    """Whether several processes may work on a database at the same time."""
    return engine.dialect.name == "postgresql"


def claim(engine: Engine) -> Callable[[], None]:
    """Claim a database for us alone; return what lets go of it. Raises ``AlreadyRunning``."""
    if not shared(engine):
        return _claim_file(engine)
    connection = engine.connect()
    claimed = connection.exec_driver_sql(_ALONE).scalar()
    connection.commit()
    if not claimed:
        connection.close()
        raise _taken(engine)
    return connection.close


def join(engine: Engine) -> Callable[[], None]:
    """Begin to work on a database as a hub does; return what lets go of it.

    Raises ``AlreadyRunning``: on a file when there is another hub, on a server when somebody wants
    to be alone. Sessions that begin later (the server was restarted) say that they are at work too.
    """
    if not shared(engine):
        return _claim_file(engine)
    engine.dispose()
    with engine.connect() as connection:
        if not connection.exec_driver_sql(_AT_WORK).scalar():
            raise _taken(engine)
        connection.exec_driver_sql(_STANDSTILL)
        connection.commit()
    event.listen(engine, "connect", lambda session, _: _go_to_work(engine, session))
    return lambda: None


def _go_to_work(engine: Engine, session: Any) -> None:
    at_work = session.execute(_AT_WORK).fetchone()[0]
    session.execute(_STANDSTILL)
    session.commit()
    if not at_work:  # in the database's own words, for it is out of reach until they are done
        raise engine.dialect.loaded_dbapi.OperationalError(str(_taken(engine)))


def _claim_file(engine: Engine) -> Callable[[], None]:
    lock = os.open(f"{engine.url.database}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise _taken(engine) from error
    return lambda: os.close(lock)


def _taken(engine: Engine) -> AlreadyRunning:
    host = f"{engine.url.host or engine.url.query.get('host')}/" if shared(engine) else ""
    return AlreadyRunning(
        f"another hub already works on {host}{engine.url.database}; stop it first, or give this "
        "one its own TILANNE_DATABASE_URL"
    )
