"""Whether a process can do its work on orders: all it depends on is looked at, by name.

Whoever brings a dependency brings a ``Check`` for it; the composition root hands all of them to
/health/ready and to `tilanne doctor`. Liveness asks nobody: a process whose database is away is
not helped by being killed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

PATIENCE_S = 2.0  #: what takes longer to answer is not there


class Amiss(Exception):
    """Something is not as it must be; the text says what, its ``__cause__`` what it came from."""

    def __init__(self, found: str, remedy: str | None = None) -> None:
        """``found`` is read by strangers, so it names no address and no person."""
        super().__init__(found)
        self.remedy = remedy  #: where another than that of the check is needed


@dataclass(frozen=True, slots=True)
class Check:
    """How to look at one thing that is depended on."""

    what: str
    look: Callable[[], Awaitable[str]]  #: says how it is; raises, best ``Amiss``, if it is not well
    remedy: str
    vital: bool = True  #: False: without it the hub is slower or late, but takes in and is right


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    well: bool
    found: str
    remedy: str = ""
    vital: bool = True
    cause: str = ""  #: for whoever runs the hub, not for whoever asks it


async def examine(checks: Sequence[Check], patience: float = PATIENCE_S) -> Sequence[Finding]:
    """Look at everything at once; never raises."""
    return await asyncio.gather(*(_look(check, patience) for check in checks))


async def _look(check: Check, patience: float) -> Finding:
    try:
        async with asyncio.timeout(patience):
            found = await check.look()
    except TimeoutError:
        return _amiss(check, Amiss(f"does not answer within {patience:g} s"))
    except Amiss as error:
        return _amiss(check, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told by its name
        return _amiss(check, Amiss("does not answer"), error)
    return Finding(check.what, True, found, vital=check.vital)


def _amiss(check: Check, error: Amiss, cause: BaseException | None = None) -> Finding:
    cause = cause or error.__cause__
    return Finding(
        what=check.what,
        well=False,
        found=str(error),
        remedy=error.remedy or check.remedy,
        vital=check.vital,
        cause=str(cause or ""),
    )
