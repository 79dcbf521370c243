"""How the hub opens its database: SQLite made durable and strict, PostgreSQL as it comes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

READERS = 4  #: connections that read at the same time
#: How long a line to a server may say nothing: one that is cut is noticed, not waited for.
LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
#: What the one who writes asks has an index, and is about few rows. A server that counted a table
#: when it was empty, or before a power cut, would read all of it instead, keep to that plan for
#: minutes, or wake helpers for ten rows.
NEVER = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "jit")
PLAN = " ".join([*(f"-c {name}=off" for name in NEVER), "-c max_parallel_workers_per_gather=0"])


def parse(url: str) -> URL:
    """Read ``sqlite:///path`` or ``postgresql://…``; raise ``ValueError`` for anything else."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise ValueError(
            f"TILANNE_DATABASE_URL must be sqlite:///path or postgresql://…, not {url!r}"
        )
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return parsed


def file_of(url: URL) -> Path | None:
    """Return where a database lies on this machine; None when a server has it."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


@contextmanager
def in_order(connection: Connection) -> Iterator[None]:
    """Let PostgreSQL go along an index until it has enough, rather than sort all there is.

    SQLite does so by itself.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.exec_driver_sql("SET LOCAL enable_sort = off")
    yield
    connection.exec_driver_sql("SET LOCAL enable_sort = on")


def reader(url: URL) -> Engine:
    """Open the database for looking at it."""
    if url.get_backend_name() == "postgresql":
        # What is read in one transaction agrees with itself, as it does in SQLite.
        return _server(url, {}, pool_size=READERS, isolation_level="REPEATABLE READ")
    return _sqlite(url, "BEGIN")


def writer(url: URL) -> Engine:
    """Open the database for the one thread that writes."""
    if url.get_backend_name() == "postgresql":
        options = f"{PLAN} {url.query.get('options', '')}"
        return _server(url.difference_update_query(["options"]), {"options": options}, pool_size=2)
    # The driver's own transaction control would begin late (on the first change); a writer must
    # hold the lock before it reads, so the hub begins and the driver keeps out of it.
    return _sqlite(url, "BEGIN IMMEDIATE")


def _server(url: URL, session: Mapping[str, str], **more: Any) -> Engine:
    line = {name: value for name, value in LINE.items() if name not in url.query}
    # A server may have been restarted since a connection was used last: it is asked first.
    return create_engine(
        url, connect_args={**line, **session}, pool_pre_ping=True, hide_parameters=True, **more
    )


def _sqlite(url: URL, begin: str) -> Engine:
    patience = {"timeout": 5, "check_same_thread": False}
    engine = create_engine(url, connect_args=patience, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")
