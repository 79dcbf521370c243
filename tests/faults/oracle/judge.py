"""The invariants, one function each: was anything lost, doubled, reversed or kept silent?"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.oracle import carried, model, told
from tests.faults.oracle.database import Database
from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.model import LADDER, Order

SHOWN = 5  #: violations of one kind that are quoted; all are counted
#: sink -> the shops it may hear of; None: all
SINKS: Mapping[str, frozenset[str] | None] = {"kassa": None, "sivu": frozenset({"toinen"})}
END_STATES = ("sent", "suppressed", "held", "dead")


@dataclass
class Case:
    """All there is to judge by."""

    ledger: Ledger
    database: Database
    policy: str  #: hold or resend
    sinks: bool  #: whether the hub knows the partner systems
    forgotten: bool  #: the raw bytes were deleted on purpose: long applied

    def __post_init__(self) -> None:
        answered = self.ledger.rows(
            "SELECT d.n, d.id, d.story, d.body, count(*) FROM delivery d JOIN sending s"
            " ON s.delivery = d.n WHERE s.status BETWEEN 200 AND 299 GROUP BY d.n ORDER BY d.n"
        )
        self.answered = [(name, order, body, n) for _, name, order, body, n in answered]
        self.orders = model.read((order, body) for _, order, body, _ in self.answered)
        self.notices = told.notices(self.database)
        self.words = carried.read(self.ledger)
        self.told = told.read(self.ledger, self.database, self.notices)
        facts = self.database.rows("SELECT order_id, fact_id FROM timeline")
        self.timeline: dict[str, list[str]] = defaultdict(list)
        for order, fact in facts:
            self.timeline[fact].append(order)


def lost(case: Case) -> Iterator[str]:
    """I1: every delivery answered 2xx is in the inbox, and its facts are on their order."""
    raws: Counter[tuple[str, bytes]] = Counter()
    for headers, body in case.database.rows("SELECT headers, body FROM raw"):
        raws[json.loads(headers).get("webhook-id", ""), bytes(body)] += 1
    for name, order, body, times in case.answered:
        kept = raws[name, body] + raws["", body]  # a record of a retailer's topic has no such id
        if kept < times and not case.forgotten:
            yield f"{name} was answered 2xx {times} times and is kept {kept} times"
        for fact in model.fact_ids(body):
            if case.timeline[fact] != [order]:
                yield f"fact {fact} of {order} is on {case.timeline[fact]}"
    open_raws = (
        "SELECT id FROM raw r WHERE NOT EXISTS (SELECT 1 FROM inbox i WHERE i.raw_id = r.id)"
    )
    yield from (f"raw {row[0]} has no outcome" for row in case.database.rows(open_raws))


def diverged(case: Case) -> Iterator[str]:
    """I2: the status we believe is the model's."""
    held = dict(case.database.rows("SELECT order_id, status FROM belief"))
    for name, order in case.orders.items():
        if held.get(name) != order.end[0]:
            yield f"{name} is {held.get(name)}, should be {order.end[0]}"


def illegal(case: Case) -> Iterator[str]:
    """I3: one delivery has one row, one fact one place; nothing was made up; versions only grow."""
    keys = (
        "SELECT delivery_key FROM inbox"
        " GROUP BY connector, source, delivery_key HAVING count(*) > 1"
    )
    yield from (f"delivery {row[0]} was taken in twice" for row in case.database.rows(keys))
    sent = {
        fact
        for (body,) in case.ledger.rows("SELECT body FROM delivery")
        for fact in model.fact_ids(body)
    }
    for fact, orders in case.timeline.items():
        if len(orders) > 1:
            yield f"fact {fact} is on {orders}"
        if orders and fact not in sent and not fact.startswith("tilanne:"):
            yield f"nobody told of {fact}"
    for (reader, order), tellings in case.told.by_order().items():
        versions = [one.version for one in tellings]
        if versions != sorted(versions):
            yield f"{reader} was told versions {versions} of {order}"


def missing(case: Case) -> Iterator[str]:
    """I4: every milestone has its notices, told or with a reason; the last one was really told."""
    arrived = {name for _, name in case.told.copies}
    for one in case.notices:
        if one.state not in END_STATES or (one.state != "sent" and not one.reason):
            yield f"{one.milestone} of {one.order} to {one.recipient}: {one.state}, {one.reason}"
        if one.state == "sent" and one.id not in arrived and one.channel in told.BY_ID:
            yield f"{one.milestone} of {one.order} counts as sent and never arrived"
    for channel, n in carried.unheard(case.words, case.notices).items():
        yield f"{n} notices by {channel} count as sent and never arrived"
    silent = (
        "SELECT order_id, milestone FROM outbox o WHERE planned_at IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.outbox_id = o.id)"
    )
    yield from (f"{row} has no notice" for row in case.database.rows(silent))
    seen = case.told.by_order()
    for name, order in case.orders.items():
        for reader in readers(case, name, order):
            has = [one.milestone for one in seen.get((reader, name), ())]
            for wanted in _must_know(order, has):
                if wanted not in has and not _held(case, name, wanted, reader):
                    yield f"{reader} never heard of {wanted} of {name}, only of {has}"


def readers(case: Case, name: str, order: Order) -> Iterator[told.Reader]:
    """Yield everyone who has business with an order."""
    shop = name.partition(":")[0]
    for sink, own in SINKS.items() if case.sinks else ():
        if own is None or shop in own:
            yield ("webhook", sink)
    if order.email:
        yield ("email", order.email)


def _must_know(order: Order, has: list[str]) -> list[str]:
    """Return what a reader must have heard of.

    Whoever heard what was taken back, must have heard of that. Whoever did not, may have been told
    nothing: what came before it was no news when it had happened, and the reason stands there.
    """
    if order.taken_back:
        return ["correction"] if "delivered" in has else []
    return [order.end[1], *(["delayed"] if order.promise_broken else [])]


def _held(case: Case, order: str, milestone: str, reader: told.Reader) -> bool:
    wanted = (order, milestone, reader[0], "held")
    return any((one.order, one.milestone, one.channel, one.state) == wanted for one in case.notices)


def doubled(case: Case) -> Iterator[str]:
    """I5: nobody reads the same news twice; where mail is held, there is no second copy at all."""
    ids: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for one in case.told.tellings:
        ids[one.reader, one.what].add(one.id)
    yield from (f"{what} under {len(names)} ids" for what, names in ids.items() if len(names) > 1)
    copies = case.told.more_than_once("email")
    if case.policy == "hold" and copies:
        yield f"{copies} second copies of letters under the policy hold"
    for carrier, n in carried.seconds(case.words).items():
        if n and (case.policy == "hold" or carrier in carried.TELL_APART):
            yield f"{n} second messages by {carrier}"


def strangers(case: Case) -> Iterator[str]:
    """I6: nobody is told who has no business with the order, nor what nobody planned."""
    known = {(reader, name) for name, o in case.orders.items() for reader in readers(case, name, o)}
    for reader, name in case.told.by_order():
        if (reader, name) not in known:
            yield f"{reader} was told of {name}"
    yield from carried.strangers(case.words, case.orders)
    yield from case.told.unplanned
    if case.told.forged:
        yield f"{case.told.forged} posts with a wrong signature"


def backwards(case: Case) -> Iterator[str]:
    """I7: nobody reads an earlier milestone after a later one, but by a correction."""
    for (reader, name), tellings in case.told.by_order().items():
        has = [one.milestone for one in tellings]
        if "correction" in has and "delivered" in has[has.index("correction") :]:
            yield f"{reader} read of {name}: {has}"
        has = has[: has.index("correction")] if "correction" in has else has
        rungs = [LADDER.index(one) for one in has if one in LADDER]
        if rungs != sorted(rungs):
            yield f"{reader} read of {name}: {has}"


def unclassified(case: Case) -> Iterator[str]:
    """I8: every attempt has an outcome."""
    rows = case.database.rows("SELECT notice_id, n FROM attempt WHERE outcome IS NULL")
    yield from (f"attempt {n} of notice {notice}" for notice, n in rows)


def broken(case: Case) -> Iterator[str]:
    """I11: the database is whole."""
    yield from case.database.broken()


INVARIANTS: Mapping[str, Callable[[Case], Iterator[str]]] = {
    "I1 lost": lost,
    "I2 diverged": diverged,
    "I3 illegal": illegal,
    "I4 missing": missing,
    "I5 doubled": doubled,
    "I6 strangers": strangers,
    "I7 backwards": backwards,
    "I8 unclassified": unclassified,
    "I11 broken": broken,
}


def judge(case: Case) -> dict[str, Any]:
    """Return, per invariant, how often it was broken and some examples; and what was counted."""
    found = {name: list(check(case)) for name, check in INVARIANTS.items()}
    outcomes = Counter(row[0] for row in case.database.rows("SELECT outcome FROM attempt"))
    tries, cut_off = case.ledger.rows(
        "SELECT count(*), coalesce(sum(status = 0), 0) FROM sending WHERE status >= 0"
    )[0]
    return {
        "violations": {name: len(those) for name, those in found.items()},
        "examples": {name: those[:SHOWN] for name, those in found.items() if those},
        "orders": len(case.orders),
        "deliveries": len(case.answered),
        "tries": tries,
        "cut_off": cut_off,
        "letters": sum(n for (r, _), n in case.told.copies.items() if r[0] == "email"),
        "posts": sum(n for (r, _), n in case.told.copies.items() if r[0] == "webhook"),
        "second_letters": case.told.more_than_once("email"),
        "second_posts": case.told.more_than_once("webhook"),
        "messages": len(case.words),
        "second_messages": carried.seconds(case.words).total(),
        "receipts": case.database.rows("SELECT count(*) FROM receipt")[0][0],
        "closed": case.database.rows("SELECT count(*) FROM suppression")[0][0],
        "held": sum(one.state == "held" for one in case.notices),
        "ambiguous": outcomes["ambiguous"],
    }
