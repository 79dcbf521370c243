"""Which colours of a shop can be read: contrast as WCAG 2.2 §1.4.3 reckons it."""

from dataclasses import dataclass
from functools import lru_cache

READABLE = 4.5  #: to one, for letters of ordinary size
BLACK, WHITE = "#000000", "#ffffff"
PAPER, NIGHT = "#ffffff", "#1c1f23"  #: what a letter stands on, by day and in dark mode


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a shop's letters."""

    bar: str
    on_bar: str  #: letters on the bar and on buttons
    link: str
    link_at_night: str


@lru_cache(maxsize=256)  # a shop's letters all look the same
def look(colour: str) -> Look:
    """Make readable colours out of the one colour of a shop (``#rrggbb``)."""
    return Look(
        bar=colour.lower(),
        on_bar=max((WHITE, BLACK), key=lambda one: contrast(one, colour)),
        link=readable(colour, PAPER),
        link_at_night=readable(colour, NIGHT),
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, ground: str) -> str:
    """Return the colour, as little darker or lighter as it takes to be read on a ground."""
    towards = BLACK if _luminance(ground) > 0.5 else WHITE
    steps = [_mixed(colour, towards, share / 20) for share in range(21)]
    return next((one for one in steps if contrast(one, ground) >= READABLE), towards)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
