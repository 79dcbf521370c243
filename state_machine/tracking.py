"""By what a parcel is known: its tracking number, brought to one spelling whoever wrote it.

Shops, carriers and people write the same number in many ways; whoever looks for its order must not
notice. What cannot be brought to one number is no number: nothing is guessed.
"""

import re
from unicodedata import normalize

MAX_NUMBER = 64  #: characters
MAX_TEXT = 2000  #: characters; what is longer is neither a number nor a link to one

#: The label of a USPS parcel begins with 420 and the ZIP code of the recipient (five digits, or
#: nine), which are no part of the number: https://postalpro.usps.com, Publication 199, IMpb
_WITH_ZIP = re.compile(r"420(?:[0-9]{5}|[0-9]{9})(9[1-5][0-9]{18,20})")

#: How a link shows: by its scheme, or (as people copy it) a host with something behind it
_SCHEME = "://"
_BARE_HOST = re.compile(r"(?:^|(?<=\s))(?:[a-z0-9-]+\.)+[a-z]{2,}(?=[/?#])", re.IGNORECASE)
_HOST = re.compile(r"://[^/?#\s]*")  #: no part of a host is a number, nor a port or a password
_ESCAPED = re.compile(r"%([0-9a-f]{2})", re.IGNORECASE)
_BETWEEN = re.compile(r"[/?#&=:;,|~\s]+")  #: what separates the parts of a link
#: What in a link can be a number: no shorter than the shortest, no longer than that of USPS with a
#: ZIP code, and digits enough. Words, dates with hyphens, versions and UUIDs are none.
_TOKEN = re.compile(r"(?=(?:[A-Z]*[0-9]){6})[A-Z0-9]{8,34}", re.IGNORECASE | re.ASCII)


def normalise_number(text: str) -> str:
    """Bring a tracking number to the one spelling it is known by.

    In: whatever a source wrote, a link to the carrier's page included. Out: letters and digits in
    upper case, at most 64; empty if there are none, or if a link does not hold exactly one number
    (it is then not usable as a key).
    """
    if not (text.isascii() and text.isalnum()):
        text = _one_spelling(text)
    number = text.upper()[:MAX_NUMBER]
    if number.startswith("420") and (found := _WITH_ZIP.fullmatch(number)):
        return found[1]
    return number


def _one_spelling(text: str) -> str:
    if len(text) > MAX_TEXT:
        return ""
    text = normalize("NFKC", text)
    if _SCHEME in text or _BARE_HOST.search(text):
        return _in_link(text)
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())


def _in_link(text: str) -> str:
    """Return the one number in a link; empty when there is none, or more than one."""
    path = _BARE_HOST.sub(" ", _HOST.sub(" ", text))
    plain = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), path)
    parts = _BETWEEN.split(plain)
    numbers = {normalise_number(part) for part in parts if _TOKEN.fullmatch(part)}
    return numbers.pop() if len(numbers) == 1 else ""
