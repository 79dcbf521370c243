"""How the hub says no: what was wrong this time, and what can be done about it.

The door and the API raise ``Refused``; ``hub.web.problems`` turns it into an RFC 9457 problem
document whose ``type`` is ``/problems/<slug>`` of ``KINDS``.
"""

from collections.abc import Mapping

import orjson

from hub.refusals.kinds import KINDS, Kind

__all__ = ["HANG_UP", "KINDS", "Kind", "LATER", "MEDIA_TYPE", "Refused", "storage_refused"]

MEDIA_TYPE = "application/problem+json"


class Refused(Exception):
    """A request that is answered with a problem document."""

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        remedy: str | None = None,
    ) -> None:
        """Refuse with a ``slug`` of ``KINDS``; ``detail`` and ``remedy`` are of this one time."""
        super().__init__(detail)
        self.slug, self.kind, self.detail = slug, KINDS[slug], detail
        self.headers = dict(headers or {})
        self.remedy = remedy or self.kind.remedy

    def document(self, *, instance: str) -> bytes:
        """Write it as a problem document; ``instance`` names this one occurrence."""
        return orjson.dumps(
            {
                "type": f"/problems/{self.slug}",
                "title": self.kind.title,
                "status": self.kind.status,
                "detail": self.detail,
                "remedy": self.remedy,
                "instance": instance,
            }
        )


#: seconds after which a sender may try again when the hub cannot take anything in now
LATER = {"Retry-After": "5"}
#: after an answer that leaves a body unread, only the end of the connection stops the sender
HANG_UP = {"Connection": "close"}


def storage_refused(what: str) -> Refused:
    """Return the refusal for a database that is not there; ``what`` names what was not done."""
    return Refused("storage-unavailable", what, headers=LATER)
