"""Several providers that can take the same message: who was ill a moment ago is asked last.

Each has a name, and what the first one calls a message stands alone: a receipt of another one is
told apart by the name before it (``standby:…``).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from hub.clock import Clock
from hub.notify.channels import DeliveryError
from hub.telemetry import ILL, alert

P = TypeVar("P")
A = TypeVar("A")
MAIN, STANDBY = "main", "standby"
#: how long a provider that failed is not asked first; twice as long each time it is still ill
REST, LONGEST = timedelta(minutes=1), timedelta(minutes=16)


def named(provider: str, reference: str) -> str:
    """Return what a provider's receipts call a message, apart from what another one calls so."""
    return reference if provider == MAIN else f"{provider}:{reference}"


def handed_to(provider: str) -> str:
    """Return what is noted before a provider gets a message whose name is its own to choose."""
    return f"{provider}:"


def whose(reference: str) -> str:
    """Return the provider that was handed what is noted so."""
    name, colon, _ = reference.partition(":")
    return name if colon and name in {MAIN, STANDBY} else MAIN


@dataclass(slots=True)
class _Health:
    ill_until: datetime | None = None
    rests: int = 0  #: one after the other


class Providers(Generic[P]):
    """Providers in the order they are preferred."""

    def __init__(self, channel: str, main: P, standby: P | None, clock: Clock) -> None:
        """Begin with all of them well."""
        self.by_name = {MAIN: main} | ({} if standby is None else {STANDBY: standby})
        self._channel, self._clock = channel, clock
        self._health = {name: _Health() for name in self.by_name}

    async def first(self, send: Callable[[str, P], Awaitable[A]]) -> A:
        """Send by the first that takes it, ``send`` gets its name, too; return its answer.

        The next one is asked only where the message was certainly not taken and is not at fault.
        Raises the ``DeliveryError`` of the last that was asked.
        """
        now = self._clock()
        order = sorted(self.by_name, key=lambda name: self._ill(name, now))
        for name in order:
            try:
                answer = await send(name, self.by_name[name])
            except DeliveryError as error:
                if not error.permanent:
                    self._fails(name, error, now)
                if error.permanent or error.ambiguous or name == order[-1]:
                    raise
            else:
                self._is_well(name)
                return answer
        raise AssertionError("there is always one")

    def _ill(self, name: str, now: datetime) -> bool:
        until = self._health[name].ill_until
        return until is not None and now < until

    def _fails(self, name: str, error: DeliveryError, now: datetime) -> None:
        """Let a provider rest, if there is another one; one of a burst of failures counts."""
        if len(self.by_name) == 1 or self._ill(name, now):
            return
        health = self._health[name]
        if not health.rests:
            alert("provider_ill", channel=self._channel, recipient=name)
        asked = timedelta(seconds=min(error.retry_after or 0.0, LONGEST.total_seconds()))
        health.ill_until = now + max(min(REST * 2**health.rests, LONGEST), asked)
        health.rests = min(health.rests + 1, 10)
        ILL.labels(self._channel, name).set(1)

    def _is_well(self, name: str) -> None:
        if self._health[name].rests:
            self._health[name] = _Health()
            ILL.labels(self._channel, name).set(0)
