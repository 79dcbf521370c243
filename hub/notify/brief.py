"""A notice as a few words: an SMS of one segment where that can be, a push, a chat message."""

from hub.notify.passages import cut, passages
from hub.notify.segments import plainer, segments

SHOP = 24  #: characters of a shop's name in an SMS
TITLE, BODY = 50, 178  #: characters of a push that a locked telephone shows


def sms(lines: str, shop: str) -> str:
    """Compose an SMS of rendered lines: the first always, each further one if it still fits.

    A line that does not fit is left out and the next one tried: the most important stand first.
    """
    first, *others = [plainer(line) for line in map(str.strip, lines.splitlines()) if line] or [""]
    said = plainer(f"{cut(shop, SHOP)}: {first}")
    for line in others:
        if segments(f"{said} {line}") == 1:
            said = f"{said} {line}"
    return said


def push(subject: str, short: str) -> tuple[str, str]:
    """Return title and body of a push; what the title says is not said again."""
    goes_on = next((sign for sign in (". ", ": ") if short.startswith(subject + sign)), None)
    body = short.removeprefix(subject + goes_on) if goes_on else short
    return cut(subject, TITLE), cut(body, BODY)


def chat(lines: str) -> str:
    """Return the lines of a chat message, without markup: a name must not become a heading."""
    return "\n".join(filter(None, map(str, passages(lines))))
