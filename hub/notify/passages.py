"""What a rendered notice is made of: paragraphs, lists, facts, buttons and pictures.

A template writes lines. A line is a paragraph, lines that begin with "- " make a list. A line with
a tab in it was written by one of the functions below and is nothing else: no name or address of
a stranger holds a tab (``hub.notify.news.one_line``), so none can forge a button.
"""

from collections.abc import Iterable
from dataclasses import dataclass

TAB = "\t"
CUT = "…"


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading, a paragraph, a list of short lines, a table of facts, a button or a picture."""

    kind: str
    lines: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        """Write it as plain text."""
        return "\n".join(filter(None, (_plain(self.kind, line) for line in self.lines)))


def fact(label: str, value: str | None, url: str | None = None) -> str:
    """Write one fact; nothing if there is none."""
    return TAB.join(("fact", label, value, url or "")) if value else ""


def button(label: str, url: str | None) -> str:
    """Write where to go next; nothing if nowhere."""
    return TAB.join(("button", label, url)) if url else ""


def heading(text: str) -> str:
    """Write what the passages below are about."""
    return TAB.join(("heading", text))


def picture(name: str, alternative: str) -> str:
    """Show a picture of the message; what it says is said in words, too."""
    return TAB.join(("picture", name, alternative))


def passages(text: str) -> list[Passage]:
    """Read rendered lines; neighbours of a list or of a table of facts belong together."""
    found: list[Passage] = []
    for line in filter(None, (line.strip(" ") for line in text.splitlines())):
        one = _read(line)
        if found and one.kind == found[-1].kind and one.kind in {"list", "fact"}:
            found[-1] = Passage(one.kind, found[-1].lines + one.lines)
        else:
            found.append(one)
    return found


def plain_text(several: Iterable[Passage]) -> str:
    """Write passages one under the other."""
    said = ""
    for one in several:
        if text := str(one):
            said += text + ("\n" if one.kind == "heading" else "\n\n")
    return said.rstrip("\n") + "\n"


def cut(text: str, most: int) -> str:
    """Shorten a text to so many characters, between two words if that leaves most of it."""
    if len(text) <= most:
        return text
    kept = text[: most - len(CUT)]
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) > most * 0.6 else kept).rstrip(" ,;:–-(") + CUT


def _read(line: str) -> Passage:
    kind, *rest = line.split(TAB)
    if rest:
        return Passage(kind, (tuple(rest),))
    if line.startswith("- "):
        return Passage("list", ((line.removeprefix("- "),),))
    return Passage("paragraph", ((line,),))


def _plain(kind: str, line: tuple[str, ...]) -> str:
    if kind == "list":
        return f"- {line[0]}"
    if kind == "fact":
        label, value, url = line
        return f"{label}: {value}" + (f"\n{url}" if url else "")
    if kind == "button":
        return f"{line[0]}: {line[1]}"
    return "" if kind == "picture" else line[0]
