"""Settings of who takes over when a channel does not get through to a customer."""

from pydantic import BaseModel, ConfigDict, Field

from state_machine.milestones import Urgency


class Fallback(BaseModel):
    """When the customer's next channel takes over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: per message class, the share of the promised time after which a notice that does not get
    #: through goes by the customer's next channel; a class that is left out waits for its channel
    after: dict[Urgency, float] = Field(default={Urgency.CRITICAL: 0.5, Urgency.TRANSACTIONAL: 0.5})
    #: channels where a message that no report of the provider followed by then counts as lost
    without_receipt: frozenset[str] = frozenset()
