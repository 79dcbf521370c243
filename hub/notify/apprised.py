"""What tells customers through Apprise: a process of its own, whose every socket is guarded.

``python -m hub.notify.apprised``: the first line of its input names the networks inside that may be
dialled, each other one asks (``Question``) and is answered by a line with the same ``id``. It ends
with its input. Apprise's services dial in many ways, so the guard stands below all of them: Python
announces each connection with the address it is made to (PEP 578), and this process lets none
through to the inside, dials no name it has not looked up, and starts no program.

What remains: a library in C that dials by itself announces nothing. None of those Apprise brings
does. Looking a name up asks this machine's name server, as everywhere.
"""

import os
import re
import resource
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from hub.notify.dialing import Forbidden, Network, networks, refuse_inside

ANSWERED = re.compile(r"error=(\d{3})\b")  #: how its services log that a provider said no
DIALS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
PROGRAMS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"})

MEMORY = 2**30  #: bytes this process may have: an answer without end ends there

Question = dict[str, Any]  #: id, url; with ``body`` and ``title``: send it, else try it


@dataclass(slots=True)
class _Dialled:
    """Where one message was going to."""

    lines: int = 0
    refused: str = ""


#: of the message that is being sent; Apprise hands it on to threads of its own
DIALLED: ContextVar[_Dialled] = ContextVar("DIALLED")


def guard(allowed: tuple[Network, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return what Python asks before it dials or starts something; it cannot be taken away."""

    def ask(event: str, given: tuple[Any, ...]) -> None:
        if event in PROGRAMS:
            raise PermissionError("no program is started from here")
        if event not in DIALS or given[1] is None:  # it is connected already
            return
        dialled = DIALLED.get(_Dialled())
        host = str(given[1][0]) if isinstance(given[1], tuple) else "a socket of this machine"
        try:
            refuse_inside(host, allowed)
        except Forbidden as error:
            dialled.refused = str(error)
            raise
        dialled.lines += 1

    return ask


class Errands:
    """Answers questions, each message in a thread of its own: a stuck one holds up no other."""

    def __init__(self, apprise: Any, out: BinaryIO) -> None:
        """Answer into ``out``."""
        self._apprise, self._out = apprise, out
        self._turn = threading.Lock()

    def take(self, question: Question) -> None:
        """Answer a question, at once or later."""
        if "body" in question:
            threading.Thread(target=self._send, args=(question,), daemon=True).start()
        else:
            opened = self._opened(question["url"]) is not None
            self._answer({"id": question["id"], "opened": opened})

    def _opened(self, url: str) -> Any:
        """Return the service; None if the URL is none."""
        service = self._apprise.Apprise()
        return service if service.add(url) else None

    def _send(self, question: Question) -> None:
        said: dict[str, Any] = {"id": question["id"], "sent": False}
        DIALLED.set(dialled := _Dialled())
        try:
            service = self._opened(question["url"])
            result = service.notify(body=question["body"], title=question["title"])
            codes = [code[1] for one in result.logs() if (code := ANSWERED.search(one.message))]
            said |= {"sent": bool(result), "code": codes[-1] if codes else None}
        except Exception as error:  # noqa: BLE001 - a service may raise anything; it is told by name
            said["raised"] = type(error).__name__
        if dialled.refused and not dialled.lines:
            said["refused"] = dialled.refused
        self._answer(said)

    def _answer(self, said: dict[str, Any]) -> None:
        with self._turn:
            self._out.write(orjson.dumps(said) + b"\n")
            self._out.flush()


def main() -> None:
    """Answer until the input ends; nobody waits for what is under way then."""
    asked, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a service that prints says nothing to the hub
    allowed = networks(orjson.loads(asked.readline())["allowed"])
    import apprise  # noqa: PLC0415 - before the guard: it looks at its machine

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.addaudithook(guard(allowed))
    errands = Errands(apprise, out)
    for line in asked:
        errands.take(orjson.loads(line))
    os._exit(0)


if __name__ == "__main__":
    main()
