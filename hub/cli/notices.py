"""Commands about notices: see what customers are told, before they are."""

import tempfile
import webbrowser
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from hub.catalogues import Catalogues
from hub.cli.terminal import Json, fail, say, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.gallery.lives import MILESTONES
from hub.gallery.shown import FORMS, Exhibit, Scheme, Wanted, exhibits, page, shops_of
from hub.notify.channels import Form
from hub.notify.render import Renderer
from hub.web.frame import TEMPLATES
from hub.web.pages import STATIC

T = TypeVar("T")

app = typer.Typer(
    name="notices",
    help="What customers are told. Example: tilanne notices preview",
    no_args_is_help=True,
)


class Data(StrEnum):
    """How much shop and carrier have said of the order."""

    RICH = "rich"
    BARE = "bare"


@app.callback()
def notices() -> None:
    """What customers are told. Example: tilanne notices preview shipped"""


@app.command()
def preview(
    milestone: Annotated[list[str] | None, typer.Argument(help="Left out: all.")] = None,
    channel: Annotated[
        list[Form] | None, typer.Option(help="letter, sms, push or chat; left out: all.")
    ] = None,
    language: Annotated[list[str] | None, typer.Option(help="Left out: all.")] = None,
    shop: Annotated[list[str] | None, typer.Option(help="Whose look; left out: all.")] = None,
    data: Annotated[Data, typer.Option(help="What the order knows of itself.")] = Data.RICH,
    dark: Annotated[bool, typer.Option("--dark", help="As dark mode shows it.")] = False,
    at: Annotated[datetime | None, typer.Option(help="Write it as of this moment (UTC).")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    json: Json = False,
) -> None:
    """Show notices of invented orders in the browser, in a file or as JSON.

    Example: tilanne notices preview ready_for_pickup --language sv --channel letter
    """
    settings, labels = Settings(), Catalogues.load()
    wanted = Wanted(
        milestones=[_one(one, MILESTONES, "milestone") for one in milestone or MILESTONES],
        forms=[_one(one, FORMS, "channel") for one in channel or FORMS],
        languages=[
            _one(one, [*labels.languages], "language") for one in language or labels.languages
        ],
        shops=[_one(one, shops_of(settings), "shop") for one in shop or shops_of(settings)],
        rich=[data is Data.RICH],
    )
    now = at.replace(tzinfo=UTC) if at else utc_now()
    found = list(exhibits(Renderer(labels, settings), wanted, now))
    if json:
        write_json({"notices": [one.facts() for one in found]})
        return
    written = _write(_page(found, "dark" if dark else "light"), out)
    say(f"{len(found)} notices: {written}")


def _write(html: str, out: Path | None) -> Path:
    if out is not None:
        out.write_text(html, encoding="utf-8")
        return out
    with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False, encoding="utf-8") as file:
        file.write(html)
    webbrowser.open(Path(file.name).as_uri())
    return Path(file.name)


def _one(asked: Any, known: Sequence[T], what: str) -> T:
    for one in known:
        if one == asked:
            return one
    return fail(f"there is no {what} {asked!s}; there are: {', '.join(map(str, known))}")


def _page(found: Sequence[Exhibit], scheme: Scheme) -> str:
    """Put notices on one page that needs nothing beside it."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    styles = [
        (STATIC / name).read_text(encoding="utf-8") for name in ("console.css", "gallery.css")
    ]
    groups: dict[tuple[str, str, str], list[Exhibit]] = {}
    for one in found:
        groups.setdefault((str(one.milestone), one.language, one.shop), []).append(one)
    return templates.get_template("notices.html").render(
        styles=Markup("\n".join(styles)),  # noqa: S704 - our own files
        groups=groups,
        frame=lambda one: _frame(one, scheme),
    )


def _frame(one: Exhibit, scheme: Scheme) -> Markup:
    html, title = escape(page(one.words, scheme)), escape(one.words.subject)
    return Markup('<iframe sandbox class="wide" title="{}" srcdoc="{}"></iframe>').format(
        title, html
    )
