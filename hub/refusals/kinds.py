"""Every way the hub says no, said once: what went wrong in general, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of refusal."""

    status: int  #: HTTP
    title: str
    remedy: str  #: what the reader can do


KINDS: Mapping[str, Kind] = {
    # --- the door
    "unknown-connector": Kind(
        404,
        "No connector of this name",
        "Post to /in/<name> with a name that `tilanne connectors` lists.",
    ),
    "bad-source": Kind(
        400,
        "The source name is not usable",
        "Give one ?source= of 1 to 63 lower-case letters, digits, '-' and '_', beginning with a "
        "letter or digit, or leave it out.",
    ),
    "body-too-large": Kind(
        413,
        "The body is too large",
        "Send less in one delivery, or raise TILANNE_MAX_BODY (bytes).",
    ),
    "body-too-slow": Kind(
        408,
        "The body did not arrive in time",
        "Send it again; for a slow sender raise TILANNE_BODY_DEADLINE (seconds).",
    ),
    "body-cut-off": Kind(
        400, "The body did not arrive whole", "Send the delivery again; nothing of it was kept."
    ),
    "encoded-body": Kind(
        415,
        "The body is compressed or encoded",
        "Send the bytes as they were signed: leave Content-Encoding out, and of Transfer-Encoding "
        "use nothing but chunked.",
    ),
    "door-full": Kind(
        503,
        "The door holds as much as it may",
        "Try again after the seconds in Retry-After; a delivery that got this answer was not kept. "
        "For the operator: raise TILANNE_DOOR_MEMORY (bytes), or find out who sends so much.",
    ),
    "too-often": Kind(
        429,
        "More often than agreed",
        "Try again after the seconds in Retry-After; a delivery that got this answer was not kept. "
        "For the operator: TILANNE_API_RATE, TILANNE_DOOR_RATE and TILANNE_ADMIN_PER_MINUTE.",
    ),
    "empty-body": Kind(
        400, "The body is empty", "Send the delivery with the body the vendor signed."
    ),
    "not-authentic": Kind(
        401,
        "The delivery does not prove who sent it",
        "Sign the raw body with the secret set for this connector in TILANNE_SECRETS__<CONNECTOR> "
        "(a JSON list of secrets while one is being rotated); without a secret nothing is "
        "accepted.",
    ),
    "storage-unavailable": Kind(
        503,
        "The database does not take or give data now",
        "Try again after the seconds in Retry-After; a delivery that got this answer was not kept. "
        "For the operator: `tilanne doctor` names the cause (disk full, lock, connection).",
    ),
    # --- the door of receipts
    "unknown-provider": Kind(
        404,
        "No reports are taken from a provider of this name",
        "Post to /in/receipts/<name> with a name of docs/reference/channels.md.",
    ),
    "not-proven": Kind(
        401,
        "The report does not prove who sent it",
        "Set the secret the provider signs with, see docs/reference/channels.md; without one "
        "nothing is believed.",
    ),
    "not-understood": Kind(
        422,
        "The report cannot be understood",
        "Correct what detail names; a provider's own reports come here as it sends them.",
    ),
    # --- the line: what is said before there is a request
    "not-http": Kind(
        400,
        "This is not HTTP/1.1",
        "Send a request as RFC 9112 writes it, with one Content-Length or with Transfer-Encoding: "
        "chunked, never both; TLS ends at the proxy in front.",
    ),
    "head-too-slow": Kind(
        408,
        "The head of the request did not arrive in time",
        "Send it again; for a slow sender raise TILANNE_HEAD_DEADLINE (seconds).",
    ),
    "head-too-large": Kind(
        431,
        "The head of the request is too large",
        "Send a shorter address, and fewer or shorter headers.",
    ),
    "too-many-connections": Kind(
        503,
        "Too many connections are open",
        "Try again after the seconds in Retry-After. For the operator: raise "
        "TILANNE_MAX_CONNECTIONS, and the limit of open files with it.",
    ),
    # --- the API
    "key-missing": Kind(
        401,
        "A valid API key is needed",
        "Send `Authorization: Bearer <key>` with a key of TILANNE_API_KEYS.",
    ),
    "scope-missing": Kind(
        403,
        "The API key may not do this",
        "Use a key that has the scope, or add it in TILANNE_API_KEYS.",
    ),
    "limits-unavailable": Kind(
        503,
        "Nobody can tell how often this was asked",
        "Try again after the seconds in Retry-After, or use the command line. For the operator: "
        "scope admin is closed while the Redis of TILANNE_REDIS_URL is away; start or unset it.",
    ),
    "unknown-row": Kind(
        404,
        "Nothing waits in quarantine under this number",
        "GET /v1/quarantine lists what waits; another person may have dealt with it.",
    ),
    "bytes-gone": Kind(
        410,
        "The bytes are not kept any more",
        "It cannot be read again; `tilanne quarantine discard` gives it up, with a reason.",
    ),
    "unknown-order": Kind(
        404,
        "No such order",
        "Find the order with /v1/orders?tracking=, ?email=, ?phone= or ?number=&shop=, and use "
        "its id.",
    ),
    "too-many-listeners": Kind(
        503,
        "Too many streams are open",
        "Ask for the order itself, and for the stream again after the seconds in Retry-After. For "
        "the operator: raise TILANNE_MAX_LISTENERS, below TILANNE_MAX_CONNECTIONS.",
    ),
    "unknown-customer": Kind(
        404,
        "No such customer",
        "Use `customer_ref` of an order, or an id that /v1/customers?order= gives.",
    ),
    "changed-meanwhile": Kind(
        412,
        "Somebody else has changed it since you read it",
        "Read it again, put your change into what is there now, and send that with its ETag.",
    ),
    "no-links": Kind(
        409,
        "This hub makes no links",
        "Set TILANNE_LINKS__BASE_URL and TILANNE_LINKS__KEYS.",
    ),
    "bad-parameter": Kind(
        400,
        "A parameter cannot be used",
        "Correct the parameter that detail names; /docs lists what each may be.",
    ),
    "cursor-too-old": Kind(
        410,
        "What comes next is not kept any more",
        "Read the orders anew with /v1/orders, then begin the feed with after=0; ask more often, "
        "or raise TILANNE_RAW_DAYS.",
    ),
    "bad-cursor": Kind(
        400,
        "The cursor is not one of ours",
        "Use `next` of the page before, unchanged and with the same question, or begin without a "
        "cursor.",
    ),
    # --- everywhere
    "not-found": Kind(
        404, "There is nothing at this address", "Look the address up in /docs or /openapi.json."
    ),
    "method-not-allowed": Kind(
        405,
        "This address does not take this method",
        "Use one of the methods in the Allow header; webhooks are sent with POST.",
    ),
    "not-ready": Kind(
        503,
        "The hub is not ready",
        "Wait and ask again; `tilanne doctor` names what is missing.",
    ),
    "bad-request": Kind(400, "The request cannot be understood", "Compare the request with /docs."),
    "internal-error": Kind(
        500,
        "The hub made a mistake",
        "Try again; if it stays, give the operator the id in `instance`: the log has the cause "
        "under it.",
    ),
}
