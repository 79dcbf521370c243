"""How many notices this process has brought to which end."""

from dataclasses import dataclass


@dataclass
class Counts:
    """What this process has done, for tests and for whoever asks it."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    held: int = 0
    suppressed: int = 0
    fenced: int = 0
    ambiguous: int = 0
    turned: int = 0  #: to another channel
