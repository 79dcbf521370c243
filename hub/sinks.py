"""Settings of the store and partner systems: how each is told, or comes and asks."""

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, model_validator


class Sink(BaseModel):
    """A store or partner system that is told of every milestone, or that comes and asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    url: AnyHttpUrl | None = None  #: it is sent a signed webhook here
    secret: SecretStr | None = None  #: ``whsec_`` + base64 of 24 to 64 bytes; goes with the url
    topic: str | None = None  #: it listens there: a Kafka topic, ``hub.changes`` say
    #: it may fetch ``/v1/sinks/<name>/feed`` with ``Authorization: Bearer <key>``, and nothing else
    key: SecretStr | None = Field(default=None, min_length=16)
    shops: frozenset[str] | None = None  #: only orders of these shops; all if left out

    @model_validator(mode="after")
    def _has_a_way(self) -> "Sink":
        if (self.url is None) != (self.secret is None):
            raise ValueError("url and secret go together")
        if not (self.url or self.key or self.topic):
            raise ValueError("needs url and secret, or topic, to be told, or key, to come and ask")
        return self
