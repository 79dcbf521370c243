"""How an attempt ended and what becomes of its notice: sent, tried again, held, or given up."""

from dataclasses import replace
from datetime import datetime

from hub.notify.channels import Audience, Channel, DeliveryError, OnAmbiguous
from hub.notify.reach import CLOSED
from hub.notify.retry import next_attempt
from hub.notify.taking import Taken
from hub.store.settling import Settlement


def in_doubt(channel: Channel, noted: str | None) -> OnAmbiguous:
    """Say what may be done in doubt; ``noted``: what was noted as it was handed over, if it was."""
    of_several = getattr(channel, "in_doubt", None)
    if of_several is None or noted is None:
        return channel.on_ambiguous
    found: OnAmbiguous = of_several(noted)
    return found


def failed(
    taken: Taken, channel: Channel, error: DeliveryError, now: datetime, noted: str | None = None
) -> Settlement:
    """End an attempt that the far end did not confirm; ``noted`` as it was handed over."""
    # providers like to repeat whom it was for
    detail = str(error).replace(taken.to, "…")[:500]
    if error.ambiguous and in_doubt(channel, noted) == "hold":
        return held(detail, now)
    if error.gone and channel.AUDIENCE is Audience.SINK:  # as all that it misses from now on
        return replace(dead(f"{CLOSED}: gone: {detail}", now), state="suppressed", gone=True)
    if error.permanent:
        return replace(dead(detail, now), gone=error.gone)
    again = next_attempt(
        channel.SCHEDULE, taken.n, now, retry_after=error.retry_after, seed=str(taken.row.id)
    )
    outcome = "ambiguous" if error.ambiguous else "retry"
    if again is None:
        end = dead(f"gave up after {taken.n} attempts: {detail}", now)
        return replace(end, outcome="ambiguous") if error.ambiguous else end
    return Settlement(outcome=outcome, state="due", detail=detail, at=now, next_at=again)


def dead(detail: str, at: datetime) -> Settlement:
    """Give a notice up."""
    return Settlement(outcome="dead", state="dead", detail=detail[:500], at=at)


def held(detail: str, at: datetime) -> Settlement:
    """End an attempt that may have reached the customer: a person decides what comes next."""
    reason = f"the provider may have it: {detail}"
    return Settlement(outcome="ambiguous", state="held", detail=reason, at=at)
