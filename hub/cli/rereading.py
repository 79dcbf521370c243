"""Kept raws read again, for the command `replay`: what orders and customers would see of it."""

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from connectors.registry import discover
from hub.catalogues import Catalogues
from hub.cli.terminal import fail, follow, note_interrupted, opened, say, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.notify.audience import House
from hub.notify.rehearsing import pretend, rehearsing_house
from hub.pipeline import replay as kept
from hub.pipeline.differences import told
from hub.pipeline.rehearsal import Rehearsal, rehearsal
from hub.pipeline.replay import Selection
from hub.pipeline.translate import Translator
from hub.scheduler import facts as clock

NOTHING = "interrupted; nothing was written"
DOING = "reading raws again"
GOES_ON = "interrupted; the same command goes on where it was"


def read(meant: Selection, *, apply: bool, notify: bool, afresh: bool, json: bool) -> None:
    """Read the raws again: only to show what would come of it, or to keep that."""
    if apply:
        _apply(meant, notify=notify, afresh=afresh, json=json)
    else:
        _rehearse(meant, json=json)


def _apply(meant: Selection, *, notify: bool, afresh: bool, json: bool) -> None:
    """Read the raws again and keep what comes of it."""
    settings = Settings()
    translator = _translator(settings, meant)
    with closing(opened(settings)) as store:
        store.hold_alone()
        note_interrupted(store, kept.NAME, afresh=afresh)
        total, _ = store.read_now(lambda c: kept.size(c, meant))
        pages = kept.replay(store, translator, meant, utc_now(), notify=notify, afresh=afresh)
        sums = follow(pages, DOING, total, lambda sums: sums.raws, GOES_ON)
        left = store.read_now(lambda c: kept.left(c, meant))
    counted = asdict(sums) | {"left_in_quarantine": left, "notify": notify}
    if json:
        write_json(counted)
    else:
        _sum_up(counted)


def _rehearse(meant: Selection, *, json: bool) -> None:
    """Show what would become of the raws, line by line, and write nothing."""
    settings = Settings()
    translator = _translator(settings, meant)
    house = rehearsing_house(settings, utc_now, Catalogues.load())
    with closing(opened(settings)) as store:
        store.hold_alone()
        total, _ = store.read_now(lambda c: kept.size(c, meant))
        left = store.read_now(lambda c: kept.left(c, meant))
        with rehearsal(store) as dry:
            pages = dry.read(translator, meant)
            sums = follow(pages, DOING, total, lambda sums: sums.raws, NOTHING)
            try:
                found = _show(dry, house, json=json)
            except KeyboardInterrupt:
                fail(NOTHING)
    counted = asdict(sums) | found | {"left_in_quarantine": left}
    if json:
        write_json({"sums": counted})
        return
    _sum_up(counted)
    say("Nothing was written. --apply writes it; customers are told only with --notify as well.")


def _show(dry: Rehearsal, house: House, *, json: bool) -> dict[str, Any]:
    """Write what is different and who would be told; return the sums."""
    counted, untold = Counter(beliefs=0, told=0), Counter[str]()
    for one in dry.differences():
        counted["beliefs"] += 1
        write_json(one) if json else say(told(one))
    pretend(dry.connection, house, utc_now())
    for one in dry.notices(untold):
        counted["told"] += 1
        write_json(one) if json else say(_notice(one))
    return {**counted, "untold": dict(untold)}


def _notice(one: Mapping[str, Any]) -> str:
    by = ", ".join(f"{channel} {count}" for channel, count in one["notices"].items())
    return f"{one['notice']}: would be told {one['milestone']} of {one['subject']}: {by}"


def _sum_up(counted: Mapping[str, Any]) -> None:
    say(
        ", ".join(
            f"{name.replace('_', ' ')}: {value}"
            for name, value in counted.items()
            if not isinstance(value, list | dict)
        )
    )
    for reason, count in counted.get("untold", {}).items():
        say(f"not told: {count} ({reason})")
    if counted["unreadable_raws"]:
        say(f"unreadable raws: {', '.join(map(str, counted['unreadable_raws']))}")
    if counted["left_in_quarantine"]:
        say("What is in quarantine stays there until it is retried: tilanne quarantine --help")


def _translator(settings: Settings, meant: Selection) -> Translator:
    everyone = {**discover(), clock.NAME: clock.registered()}
    if meant.connector is not None and meant.connector not in everyone:
        fail(f"there is no connector {meant.connector!r}; `tilanne connectors` lists them")
    return Translator(everyone, settings)
