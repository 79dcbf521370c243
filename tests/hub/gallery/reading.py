"""Reads an e-mail's HTML as its reader sees it: words and links, and whether tags are closed."""

import re
from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "hr"}
UNSEEN = {"head", "style", "script", "title"}


class Reader(HTMLParser):
    """Collects what is visible, and every mistake in the nesting."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.hidden = 0
        self.said: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.mistakes: list[str] = []
        self.without_alt = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "a":
            self.links.append(known.get("href") or "")
        if tag == "img":
            self.without_alt += not known.get("alt")
        if tag in VOID:
            return
        unseen = tag in UNSEEN or "display:none" in (known.get("style") or "")
        self.open.append(tag)
        if unseen or self.hidden:
            self.hidden += 1

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.mistakes.append(f"</{tag}> closes {self.open[-1:]}")
            return
        self.open.pop()
        self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(data)


def read(html: str) -> Reader:
    """Read a page to its end."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def words(text: str) -> Counter[str]:
    """Count the words, without the signs that layout puts between them."""
    bare = re.sub(r"https?://\S+", " ", text)
    return Counter(one.strip(":-") for one in bare.split() if one.strip(":-"))


def addresses(text: str) -> set[str]:
    """Return every web address."""
    return set(re.findall(r"https?://\S+", text))
