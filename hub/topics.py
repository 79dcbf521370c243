"""Where raws wait before they are read, and which topics bring them: the settings of it."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings


class Topic(BaseModel):
    """A topic of the retailer's own whose records are raws; the key is the topic's name.

    Whoever may write to the topic is believed: the broker's access control is the proof.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,62}$")
    source: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    #: the header with the delivery's own name; a record without it is known by its place
    id_header: str = "ce_id"


class Streaming(BaseSettings):
    """The settings of the streams; a part of all settings."""

    #: where raws wait: ``embedded:`` (a table of the database), ``kafka://host:port[,host:port]``,
    #: or ``kafka+ssl://…``
    stream_url: str = "embedded:"
    #: file with the certificates that prove the brokers; unset: the machine's own
    stream_ca: str | None = None
    #: who the hub is to the brokers (SASL), and how it proves it
    stream_username: str | None = None
    stream_password: SecretStr | None = None
    stream_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    #: consumer group of the workers
    stream_group: str = Field(default="tilanne", pattern=r"^[A-Za-z0-9._-]{1,128}$")
    #: name of this worker in its group, the same after a restart (static membership); unset: none
    stream_member: str | None = None
    #: seconds of silence after which a worker counts as dead, and others read its partitions
    stream_session: float = Field(default=10.0, ge=1, le=35)
    #: seconds the door waits for the broker before it keeps a delivery in the database
    stream_patience: float = Field(default=0.5, gt=0)
    #: seconds without progress after which the consumer is started anew
    stream_watchdog: float = Field(default=60.0, gt=0)
    #: the retailer's own topics: JSON object of topic -> {"connector", "source"?, "id_header"?}
    topics: dict[str, Topic] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _topics_have_a_broker(self) -> Self:
        if self.topics and not self.streams:
            raise ValueError("TILANNE_TOPICS needs TILANNE_STREAM_URL=kafka://host:port")
        return self

    @field_validator("stream_url")
    @classmethod
    def _known_stream(cls, value: str) -> str:
        if value != "embedded:" and not value.startswith(("kafka://", "kafka+ssl://")):
            raise ValueError("must be embedded:, kafka://host:port or kafka+ssl://host:port")
        return value

    @property
    def streams(self) -> bool:
        """Whether raws may come by Kafka."""
        return self.stream_url != "embedded:"
