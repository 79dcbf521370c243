"""Who may ask: API keys sent as ``Authorization: Bearer <key>``, each with its scopes."""

from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest

from starlette.requests import Request

from hub.config import ApiKey, Scope
from hub.refusals import Refused

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="tilanne"'}


class Keys:
    """The keys of the settings, ready to be compared."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        """Take the keys; they are compared by their digests."""
        self._known = [(_digest(key.key.get_secret_value()), key) for key in keys]

    def require(self, request: Request, scope: Scope) -> frozenset[Scope]:
        """Return the scopes of the request's key; raise ``Refused`` unless ``scope`` is one."""
        return self.holder(request, scope).scopes

    def holder(self, request: Request, scope: Scope) -> ApiKey:
        """Return the request's key; raise ``Refused`` unless it has the scope."""
        key = self._sent(request.headers.get("authorization"))
        if key is None:
            raise Refused("key-missing", "No API key of this hub was sent.", headers=CHALLENGE)
        if scope not in key.scopes:
            challenge = f'{CHALLENGE["WWW-Authenticate"]}, error="insufficient_scope"'
            raise Refused(
                "scope-missing",
                f"The key lacks the scope `{scope}`.",
                headers={"WWW-Authenticate": f'{challenge}, scope="{scope}"'},
            )
        return key

    def bucket(self, request: Request) -> str | None:
        """Return a name for the request's key that does not give it away; None: it is none."""
        header = request.headers.get("authorization")
        if self._sent(header) is None:
            return None
        return _digest((header or "").partition(" ")[2].strip()).hex()[:16]

    def _sent(self, header: str | None) -> ApiKey | None:
        """Compare with every key, so that the time tells nothing about which came close."""
        kind, _, sent = (header or "").partition(" ")
        digest, found = _digest(sent.strip()), None
        for known, key in self._known:
            if compare_digest(known, digest):
                found = key
        return found if kind.lower() == "bearer" else None


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
