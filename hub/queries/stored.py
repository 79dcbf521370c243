"""An order as it lies in the database."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """A belief; ``snapshot`` is the ``Order`` as JSON."""

    order_id: str
    shop: str
    number: str
    contact_id: str | None
    version: int  #: 0 when it was never stored but worked out (``hub.queries.past``)
    as_of: datetime
    snapshot: str
