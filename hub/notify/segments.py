"""How many segments an SMS takes, and how a text stays in the alphabet that takes the fewest.

Source: 3GPP TS 23.038 §6.2.1 (GSM 7 bit default alphabet and its extension table), TS 23.040
§9.2.3.24.1: a message of its own holds 160 septets or 70 UCS-2 units, a part of a longer one 153
or 67, because six octets say which part it is.
"""

import unicodedata

#: the default alphabet: one septet each. å, ä and ö are in it, – and ” are not
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  #: an escape and a sign: two septets each
#: what is written otherwise than it is said, so that the whole text need not be UCS-2
PLAINER = {
    "–": "-", "—": "-", "‑": "-", "−": "-", "×": "x", "…": "...", "•": "-", "·": "-",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "´": "'", "`": "'",
    "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "œ": "oe", "Œ": "OE",
    "ç": "c", "\t": " ",
}  # fmt: skip


def septets(text: str) -> int | None:
    """Count the septets of a text; None when a sign of it is not in the alphabet."""
    count = 0
    for sign in text:
        if sign in BASIC:
            count += 1
        elif sign in EXTENDED:
            count += 2
        else:
            return None
    return count


def segments(text: str) -> int:
    """Count the segments an SMS with this text is sent in; an empty one takes one, too."""
    found = septets(text)
    if found is None:
        units = len(text.encode("utf-16-be", "surrogatepass")) // 2
        return 1 if units <= 70 else _parts(_weights(text), 67)
    if found <= 160:
        return 1
    return _parts([2 if sign in EXTENDED else 1 for sign in text], 153)


def plainer(text: str) -> str:
    """Write a text in the default alphabet where that leaves it readable.

    Signs of other scripts stay as they are: a name that nobody can read is worse than a second
    segment.
    """
    return "".join(sign if sign in BASIC or sign in EXTENDED else _plain(sign) for sign in text)


def _plain(sign: str) -> str:
    if sign in PLAINER:
        return PLAINER[sign]
    category = unicodedata.category(sign)
    if category == "Zs":
        return " "
    if category in {"Cf", "Cc", "Mn"}:
        return ""
    base = unicodedata.normalize("NFKD", sign)
    kept = "".join(one for one in base if one in BASIC or one in EXTENDED)
    return kept or sign


def _weights(text: str) -> list[int]:
    return [2 if ord(sign) > 0xFFFF else 1 for sign in text]


def _parts(weights: list[int], room: int) -> int:
    """Fill part after part; what takes two places is not torn apart."""
    parts, left = 1, room
    for weight in weights:
        if weight > left:
            parts, left = parts + 1, room
        left -= weight
    return parts
