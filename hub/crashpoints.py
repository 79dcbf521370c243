"""Named places between two steps of an order's news, where a test may end the process at once.

A place costs one comparison. Nothing in the product arms it: no setting, no environment variable.
The fault tests start the hub from a program of their own, which calls ``arm`` first.
"""

from collections.abc import Callable

_armed: Callable[[str], None] | None = None


def arm(action: Callable[[str], None] | None) -> None:
    """Let ``action`` be called with the name of every place that is passed; None disarms."""
    global _armed  # noqa: PLW0603 - one process, one fate
    _armed = action


def crashpoint(name: str) -> None:
    """Pass a place; ``name`` is ``station.moment``."""
    if _armed is not None:
        _armed(name)
