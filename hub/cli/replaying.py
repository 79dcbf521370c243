"""The command that folds orders anew, shows one as it was believed once, or reads raws again."""

import sys
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from connectors.timestamps import day, utc
from hub.catalogues import SOURCE, Catalogues
from hub.cli import rereading
from hub.cli.terminal import Json, fail, follow, note_interrupted, opened, say, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.pipeline import rebuild
from hub.pipeline.differences import told
from hub.pipeline.replay import Selection
from hub.queries.past import past
from hub.web import snapshots

GOES_ON = "interrupted; the same command goes on where it was"


def replay(
    mend: Annotated[bool, typer.Option("--mend", help="Put right what is astray.")] = False,
    order: Annotated[str | None, typer.Option(help="SHOP:ID of one order; with --at.")] = None,
    at: Annotated[str | None, typer.Option(help="Show it as believed then (UTC).")] = None,
    raws: Annotated[bool, typer.Option("--raws", help="Read kept raws again: dry run.")] = False,
    since: Annotated[str | None, typer.Option(help="Raws that came then or later.")] = None,
    until: Annotated[str | None, typer.Option(help="Raws that came before.")] = None,
    connector: Annotated[str | None, typer.Option(help="Raws of this connector.")] = None,
    source: Annotated[str | None, typer.Option(help="Raws of this source.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write what --raws finds.")] = False,
    notify: Annotated[bool, typer.Option("--notify", help="Let customers be told.")] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Forget an interrupted one.")] = False,
    json: Json = False,
) -> None:
    """Fold every order's facts anew and prove that the stored beliefs are what comes out.

    Exit code 1 when one is not; --mend puts it right. --mend and --raws need the hub stopped. What
    was interrupted goes on where it was. --raws reads kept raws with today's connectors and shows
    what orders and customers would see; --apply writes it, and --notify lets customers be told.

    Example: tilanne replay --order kauppa:1001 --at 2026-11-03T12:00:00Z

    Example: tilanne replay --raws --since 2026-11-01 --connector easypost
    """
    one, chosen = (order or at) is not None, (since or until or connector or source) is not None
    if sum((mend, raws, one)) > 1:
        fail("--mend, --raws and --order are three different things: choose one")
    if not raws and (apply or chosen):
        fail("--since, --until, --connector, --source and --apply go with --raws: add it")
    if notify and not (mend or apply):
        fail("--notify goes with --mend or with --raws --apply; without them nobody is told anyway")
    if afresh and (one or (raws and not apply)):
        fail("--afresh: nothing is kept of a dry run, nor of showing one order; leave it out")
    if one:
        _show(order, at, json=json)
    elif raws:
        meant = Selection(_moment("--since", since), _moment("--until", until), connector, source)
        rereading.read(meant, apply=apply, notify=notify, afresh=afresh, json=json)
    else:
        _rebuild(mend=mend, notify=notify, afresh=afresh, json=json)


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return (utc(text) if ":" in text else day(text)).at
    except ValueError:
        fail(f"{option}: {text!r} is no time; write it like 2026-11-01 or 2026-11-01T12:00:00Z")


# --- every order -------------------------------------------------------------------------------


def _rebuild(*, mend: bool, notify: bool, afresh: bool, json: bool) -> None:
    with closing(opened(Settings())) as store:
        if mend:
            store.hold_alone()
        note_interrupted(store, rebuild.MENDING if mend else rebuild.PROVING, afresh=afresh)
        if mend:
            pages = rebuild.mend(store, utc_now(), notify=notify, afresh=afresh)
        else:
            pages = rebuild.prove(store, utc_now(), afresh=afresh)
        total = store.read_now(rebuild.size)
        sums = follow(pages, "folding orders", total, lambda sums: sums.orders, GOES_ON)
    left = sums.astray - sums.mended
    if json:
        write_json({"holds": not left, **asdict(sums)})
    else:
        for one in sums.differences:
            say(told(one))
        say(_outcome(sums, mend=mend))
    sys.exit(1 if left else 0)


def _outcome(sums: rebuild.Rebuilt, *, mend: bool) -> str:
    unnamed = sums.astray - len(sums.differences)
    counted = f"{sums.orders} orders, {sums.astray} astray"
    counted += f" (the last {unnamed} are not named)" if unnamed else ""
    if mend:
        return f"{counted}, {sums.mended} put right, {sums.milestones} milestones written down"
    return counted + ("; --mend puts them right" if sums.astray else "; every belief holds")


# --- one order once ----------------------------------------------------------------------------


def _show(order: str | None, at: str | None, *, json: bool) -> None:
    moment = _moment("--at", at)
    if order is None or moment is None:
        fail("--order SHOP:ID and --at TIME go together: give both")
    with closing(opened(Settings())) as store:
        found = store.read_now(lambda c: past(c, order, moment))
    if found is None:
        fail(f"{order} was not known yet at {moment:%Y-%m-%d %H:%M:%S} UTC")
    document = snapshots.order(found.order, Catalogues.load(), SOURCE)
    reached = [
        {"at": one.occurred_at, "milestone": one.code, "subject": one.subject}
        for one in found.milestones
    ]
    if json:
        write_json({**document, "milestones": reached})
        return
    say(f"{order} ({document['number']}): {document['status']} since {document['status_since']}")
    for kind in ("parcels", "returns"):
        for one in document[kind]:
            say(f"{kind[:-1]} {one['id']}: {one['stage']} since {one['stage_since']}")
    for one in reached:
        say(f"milestone {one['milestone']} of {one['subject']} at {one['at']:%Y-%m-%dT%H:%M:%SZ}")


COMMANDS = (replay,)
