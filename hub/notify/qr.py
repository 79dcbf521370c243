"""A pickup code as a picture that a locker or a counter can read."""

import io
from functools import lru_cache

import segno

NAME = "pickup-code"
LONGEST = 64  #: characters; a longer code is no code to be read at a counter
DOTS = 5  #: pixels of the smallest square


@lru_cache(maxsize=256)
def qr(code: str) -> bytes | None:
    """Return a QR code as PNG, black on white with its quiet zone; None for what is too long.

    The white frame is part of the picture, so that it can be read in dark mode, too.
    """
    if not code or len(code) > LONGEST:
        return None
    out = io.BytesIO()
    segno.make_qr(code, error="m").save(out, kind="png", scale=DOTS, border=4)
    return out.getvalue()
