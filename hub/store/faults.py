"""What may be wrong with the database; who waits for it is told, but not what was to be kept."""

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

GAVE_WAY = frozenset({"40001", "40P01"})  #: not serializable, deadlock


class StoreUnavailable(Exception):
    """The database could not be read, or not make work durable; nothing of it was kept."""


class OutcomeUnknown(StoreUnavailable):
    """The line broke while the database was asked to keep the work: nobody can say if it has.

    Whoever repeats it must find out from the database; all that the hub writes bears repeating.
    """


def gave_way(error: DBAPIError) -> bool:
    """Whether the database undid the work only because somebody else's was in its way."""
    return getattr(error.orig, "sqlstate", None) in GAVE_WAY


def named(error: Exception) -> Exception:
    """Return what whoever waits is told: of the database ``unavailable``, others as they are."""
    return unavailable("not durable", error) if isinstance(error, SQLAlchemyError) else error


def unavailable(what: str, error: SQLAlchemyError) -> StoreUnavailable:
    """Return the error for callers: it names the fault, never what was to be written."""
    # The first line names the fault; what comes after it may quote what was to be written.
    fault = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
    told = StoreUnavailable(f"{what}: {fault}")
    told.__cause__ = error
    return told


def out_of_reach(error: StoreUnavailable) -> bool:
    """Whether the database is to blame (locked, full, gone) and not what was to be written."""
    if isinstance(error, OutcomeUnknown):
        return True
    return isinstance(error.__cause__, OperationalError) and not gave_way(error.__cause__)
