"""The languages of the hub: one .po file each, read at start-up; codes become words here."""

import gettext
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "templates" / "locale"
SOURCE = "en"  #: the language the templates are written in; what no catalogue knows is said in it


@dataclass(frozen=True, slots=True)
class Catalogues:
    """Every language the hub speaks. Frozen; made once by ``load`` and handed around."""

    languages: Mapping[str, gettext.NullTranslations]

    @classmethod
    def load(cls, folder: Path = LOCALE) -> "Catalogues":
        """Read every ``<language>.po`` of a folder; raise ``ValueError`` naming a broken one."""
        languages = {path.stem: _read(path) for path in sorted(folder.glob("*.po"))}
        if SOURCE not in languages:
            raise ValueError(f"{folder} has no {SOURCE}.po")
        return cls(languages)

    def label(self, context: str, code: str, language: str, *, default: str | None = None) -> str:
        """Return the words for a code, such as ``("status", "in_transit", "fi")``.

        A language without it falls back to English, a code nobody has worded to ``default`` or else
        to its own words.
        """
        for one in (language, SOURCE):
            if (words := self._translations(one).pgettext(context, code)) != code:
                return words
        return default if default is not None else code.replace("_", " ")

    def negotiate(self, wanted: str | None, *, default: str = SOURCE) -> str:
        """Choose a language of ours for an Accept-Language header or a BCP 47 tag.

        The highest weight wins, then the first named (RFC 9110 §12.5.4); only the primary subtag
        counts. Out: ``default`` if nothing that we speak is wanted.
        """
        ranked = sorted(enumerate((wanted or "").split(",")), key=lambda p: (-_weight(p[1]), p[0]))
        for _, part in ranked:
            primary = re.split(r"[-_;]", part.strip(), maxsplit=1)[0].strip().lower()
            if primary in self.languages and _weight(part) > 0:
                return primary
        return default

    def translations(self, language: str) -> gettext.NullTranslations:
        """Return the gettext of a language; English if we do not speak it."""
        return self._translations(language)

    def _translations(self, language: str) -> gettext.NullTranslations:
        return self.languages.get(language) or self.languages[SOURCE]


def _weight(part: str) -> float:
    found = re.search(r";\s*q\s*=\s*([^;\s]*)", part)
    if found is None:
        return 1.0
    return float(found.group(1)) if re.fullmatch(r"[01](\.\d{0,3})?", found.group(1)) else 0.0


def _read(path: Path) -> gettext.GNUTranslations:
    """Read a catalogue into memory; the binary form that gettext wants never reaches the disk."""
    compiled = io.BytesIO()
    try:
        Locale.parse(path.stem)  # dates and amounts are written by it
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=path.stem, abort_invalid=True))
    except Exception as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
