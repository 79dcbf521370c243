"""A database that fails while orders are written: at any statement, once, again, or for good."""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError


class Trouble:
    """Counts what the writer asks of its database, and strikes where it was told to."""

    def __init__(self) -> None:
        self.left: int | None = None  #: statements and commits until it strikes; None: it does not
        self.away = False  #: once it has struck, the database is out of reach until mended
        self.word = ""  #: every transaction fails that says this; "": none
        self.struck = False  #: the transaction under way was struck
        self.before = False  #: the one before it was

    def meet(self, engine: Engine) -> None:
        """Stand between an engine and its database."""
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def mend(self) -> None:
        """Let everything pass again."""
        self.left, self.away, self.word = None, False, ""
        self.struck = self.before = False

    def _begin(self, connection: Any) -> None:
        self.before, self.struck = self.struck, False

    def _commit(self, connection: Any) -> None:
        self._pass("COMMIT")

    def _statement(self, connection: Any, cursor: Any, sql: str, *rest: Any) -> None:
        self._pass(sql)

    def _pass(self, sql: str) -> None:
        if self.word and self.word in sql:
            self.struck = True
            raise RuntimeError("a fault of ours")
        if self.left is None:
            return
        self.left -= 1
        if self.left >= 0:
            return
        self.struck = True
        if self.away:
            raise OperationalError("out of reach", None, Exception("disk I/O error"))
        self.left = None
        raise RuntimeError("a fault of ours, this time")
