"""The templates of notices, block by block: a milestone's own, else what every milestone gets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hub.catalogues import LOCALE
from hub.notify.channels import Form
from hub.notify.passages import cut

TEMPLATES = LOCALE.parent / "notifications"
DEFAULT = "_default"
#: what an e-mail consists of, in its order; ``next``: what comes next and what the reader must do
LETTER = ("greeting", "body", "link", "next", "details", "offer", "footer")
#: what is rendered for a form, besides ``subject`` and ``short``
OF_FORM: Mapping[Form, Sequence[str]] = {
    Form.LETTER: LETTER,
    Form.SMS: ("sms",),
    Form.PUSH: (),
    Form.CHAT: ("chat",),
    Form.DATA: (),
}
BLOCKS = ("subject", "short", "sms", "chat", *LETTER)
LONGEST_SUBJECT = 60
LONGEST_NUMBER = 20  #: characters of an order's number in a subject and in a few words
#: a date that ends in a full stop, at the end of a sentence
ONE_STOP = re.compile(r"(?<!\.)\.\.(?!\.)")


class TooLong(Exception):
    """A template writes without end."""


class Blocks:
    """The compiled templates of folders, the first of which wins."""

    def __init__(self, folders: Sequence[Path], *, most: int = 1_000_000) -> None:
        """Compile them; Jinja's error names a broken one. ``most``: characters of a notice."""
        self.environment = sandbox(folders)
        self._most = most
        self._notices = [self._compiled(folder) for folder in folders]

    def said(self, milestone: str, form: Form, known: Mapping[str, Any]) -> dict[str, str]:
        """Render what a form needs. Raises ``TooLong`` and whatever a template raises."""
        known = {**known, "number": cut(known["number"], LONGEST_NUMBER)}
        subject, short = (
            " ".join(self._block(milestone, block, known).split()) for block in ("subject", "short")
        )
        known["short"] = short
        if form is Form.LETTER:
            known["number"] = known["full_number"]
        others = {block: self._block(milestone, block, known) for block in OF_FORM[form]}
        return {"subject": cut(subject, LONGEST_SUBJECT), "short": short, **others}

    def _block(self, milestone: str, block: str, known: Mapping[str, Any]) -> str:
        template = next(one for one in self._candidates(milestone) if block in one.blocks)
        kept, room = [], self._most
        for part in template.blocks[block](template.new_context(dict(known))):
            room -= len(part)
            if room < 0:
                raise TooLong(f"block {block} writes more than {self._most} characters")
            kept.append(part)
        return ONE_STOP.sub(".", "".join(kept))

    def _candidates(self, milestone: str) -> Iterator[Template]:
        for name in (milestone, DEFAULT):
            for notices in self._notices:
                if name in notices:
                    yield notices[name]

    def worded(self) -> Mapping[str, Sequence[str]]:
        """Return the notices of the first folder, each with its blocks."""
        return {name: sorted(one.blocks) for name, one in self._notices[0].items()}

    def _compiled(self, folder: Path) -> Mapping[str, Template]:
        """Compile the notices of one folder; what they include is looked for in all."""
        own, found = self.environment, {}
        for path in sorted(folder.glob("*.jinja")):
            code = own.compile(path.read_text(encoding="utf-8"), path.name, path.name)
            found[path.stem] = Template.from_code(own, code, own.make_globals(None))
        return found


def sandbox(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    """Return what templates run in: nothing to reach out of, no name forgiven."""
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    return environment
