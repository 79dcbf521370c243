"""Where a shop's own templates run: a process with little time and memory, that can be killed.

Jinja's sandbox keeps a template from reaching out, not from filling the memory or counting for
ever; even compiling one may, for constants are worked out then. So neither happens in the hub.
One line of JSON on standard input is a job, one line on standard output its answer. It knows no
secret: its environment is empty, and what it is given of an order is what the notice may say.
"""

import resource
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from jinja2 import Template, TemplateError, TemplateSyntaxError, UndefinedError

from hub.brand import Brand
from hub.catalogues import Catalogues
from hub.notify.blocks import BLOCKS, DEFAULT, TEMPLATES, Blocks, TooLong
from hub.notify.channels import Form
from hub.notify.news import News
from hub.notify.wording import Reader, values

MEMORY = 512 * 1024**2  #: bytes of address space; the libraries take a third of it
SECONDS = 2  #: of the processor, for one job
LONGEST = 20_000  #: characters a block may write
Job = Mapping[str, Any]


def main() -> None:
    """Do one job after the other until nobody asks any more."""
    _limit()
    words, shops = Catalogues.load(), {}
    for line in sys.stdin.buffer:
        job = orjson.loads(line)
        _wind_up()
        try:
            folder = Path(job["folder"])
            if folder not in shops:
                shops[folder] = Blocks([folder, TEMPLATES], most=LONGEST)
            done = {"said": _said(job, shops[folder], words)} if "news" in job else _look(folder)
        except MemoryError:
            done = {"error": "uses too much memory"}
        except Exception as error:  # noqa: BLE001 - whatever a template does is its own affair
            done = {"error": _told(error)}
        sys.stdout.buffer.write(orjson.dumps(done) + b"\n")
        sys.stdout.buffer.flush()


def _said(job: Job, blocks: Blocks, words: Catalogues) -> dict[str, str]:
    told, reader = dict(job["news"]), dict(job["reader"])
    told["occurred_at"] = datetime.fromisoformat(told["occurred_at"])
    reader |= {
        "timezone": ZoneInfo(reader["timezone"]),
        "brand": Brand.model_validate(reader["brand"]),
    }
    news = News(**told)
    known = values(news, Reader(**reader), words, datetime.fromisoformat(job["now"]))
    return blocks.said(news.milestone, Form(job["form"]), known)


def _look(folder: Path) -> dict[str, Any]:
    """Say which notices a folder words, and refuse blocks that nobody would ever read."""
    own = Blocks([folder])
    found = own.worded()
    for name, blocks in found.items():
        if strange := sorted(set(blocks) - set(BLOCKS)):
            return {"error": f"{name}.jinja: there is no block {strange[0]}; {_listed()}"}
    return {"words": sorted(name for name in found if not name.startswith("_") or name == DEFAULT)}


def _listed() -> str:
    return f"there are {', '.join(BLOCKS)}"


def _told(error: Exception) -> str:
    """Say what is wrong and where; the value of no variable is in it."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name} line {error.lineno}: {error.message}"
    place = _place(error)
    if isinstance(error, UndefinedError | TooLong):
        return f"{place}{error}"
    said = error.message if isinstance(error, TemplateError) else type(error).__name__
    return f"{place}{said}"


def _place(error: Exception) -> str:
    at, found = error.__traceback__, ""
    while at is not None:
        template = at.tb_frame.f_globals.get("__jinja_template__")
        name = at.tb_frame.f_code.co_filename
        if isinstance(template, Template) and name.endswith(".jinja"):
            found = f"{name} line {template.get_corresponding_lineno(at.tb_lineno)}: "
        at = at.tb_next
    return found


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def _wind_up() -> None:
    """Give the next job its seconds: the limit counts from the process's beginning."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + 1 + SECONDS, hard))


if __name__ == "__main__":
    main()
