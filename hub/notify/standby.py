"""Several providers that can take the same message: who was ill a moment ago is asked last."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from hub.clock import Clock
from hub.notify.channels import DeliveryError

P = TypeVar("P")
A = TypeVar("A")
REST = timedelta(minutes=1)  #: how long a provider that failed is not asked first


class Providers(Generic[P]):
    """Providers in the order they are preferred."""

    def __init__(self, providers: Sequence[P], clock: Clock) -> None:
        """Begin with all of them well."""
        self._providers = tuple(providers)
        self._clock = clock
        self._ill_until: dict[int, datetime] = {}

    async def first(self, send: Callable[[P], Awaitable[A]]) -> A:
        """Send by the first that takes it; return its answer.

        The next one is asked only where the message was certainly not taken and is not at fault.
        Raises the ``DeliveryError`` of the last that was asked.
        """
        now = self._clock()
        order = sorted(range(len(self._providers)), key=lambda n: self._ill(n, now))
        for asked, number in enumerate(order, 1):
            try:
                return await send(self._providers[number])
            except DeliveryError as error:
                if error.permanent or error.ambiguous:
                    raise
                self._ill_until[number] = now + REST
                if asked == len(order):
                    raise
        raise DeliveryError("there is no provider", permanent=True)

    def _ill(self, number: int, now: datetime) -> bool:
        until = self._ill_until.get(number)
        return until is not None and now < until
