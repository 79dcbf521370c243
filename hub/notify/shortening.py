"""How a text about an order is made to fit: cut between words, the link kept whole or left out."""

from hub.notify.segments import plainer, segments

CUT = "..."  #: not "…": that one sign would double the price


def fitted(text: str, link: str | None, most: int) -> str:
    """Return an SMS of at most ``most`` segments that says as much of ``text`` as there is room.

    The link, wherever it stands in the text, is kept whole; if it does not fit by itself it is left
    out. What is cut away is shown by dots.
    """
    whole = plainer(text).strip()
    if segments(whole) <= most:
        return whole
    tail = plainer(link or "").strip()
    words = (whole.replace(tail, " ") if tail else whole).split()
    fits = tail and tail in whole and segments(f"{CUT} {tail}") <= most
    tail = f" {tail}" if fits else ""
    if words and segments(words[0] + CUT + tail) > most:
        return _squeezed(words[0], most, tail)
    few, many = 1, len(words)  # the most words that fit
    while few < many:
        middle = (few + many + 1) // 2
        if segments(" ".join(words[:middle]) + CUT + tail) <= most:
            few = middle
        else:
            many = middle - 1
    return " ".join(words[:few]) + CUT + tail


def _squeezed(word: str, most: int, tail: str) -> str:
    """Cut a single word that is longer than the message may be."""
    while word and segments(word + CUT + tail) > most:
        word = word[:-1]
    return f"{word}{CUT}{tail}"
