"""Every place where a hub is made to die on an order's way, by the ids of the fault matrix.

C6 to C8 belong to Kafka: tests/hub/stream/test_dying.py. C15 belongs to erasure, which is not there
yet. C9 and C10 are one boundary here, for an attempt is written in the transaction that takes the
lease.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.faults.beginnings import (
    first_tables,
    grown_old,
    left_open,
    overdue,
    registered,
    told,
)
from tests.faults.deaths import (
    at_a_receipt,
    at_far_end,
    at_place,
    beside_checkpoints,
    in_a_command,
    in_a_crowd,
    stopped_while_stuck,
)
from tests.faults.drill import Death, Drill

At = partial(Drill, death=at_place)
AtFarEnd = partial(Drill, death=at_far_end)
Burst = partial(Drill, id="C13", story="burst", sinks=False)  # everybody at the same moment

IN_THE_PIPELINE = ("inbox", "timeline", "belief", "outbox", "settled")

#: the way of a fact, from the socket to the outbox
WAY_IN = (
    At(id="C1", place="intake.read", nth=3),
    At(id="C2", place="log.appended", nth=3),
    *(At(id="C3", place=f"pipeline.{moment}") for moment in IN_THE_PIPELINE),
    At(id="C3", place="pipeline.parked", story="early scan"),
    At(id="C4", place="intake.durable", nth=3),
    At(id="C5", place="pipeline.committed", nth=2),
    # inside a transaction with many waiting, right before and after its commit, and after that
    Burst(place="log.appended", death=in_a_crowd, orders=500, cut_off=300),
    Burst(place="store.before_commit", death=at_place, nth=9, orders=500),
    Burst(place="store.committed", death=at_place, nth=9, orders=500),
    Burst(place="intake.durable", death=in_a_crowd, nth=100, orders=500, cut_off=200),
)

#: from the outbox to the socket, one letter and several
WAY_OUT = (
    At(id="C9", place="notify.planning"),
    At(id="C9", place="notify.planned"),
    At(id="C9", place="notify.fell_back"),
    At(id="C9", place="notify.leasing"),
    At(id="C10", place="notify.leased"),
    At(id="C10", place="notify.handing", nth=3),
    At(id="C12", place="notify.answered", nth=3),
    At(id="C12", place="notify.settling", nth=2),
    At(id="C12", place="notify.settled", nth=2),
    At(id="C11", place="email.kept", nth=2, door="mailbox"),
)


def _letter(place: str, death: Death = at_place, *, may_have: bool, has: bool) -> Iterator[Drill]:
    """One letter dies at a place of its SMTP session, under both policies.

    ``may_have``: by what the hub has written down, the server may have it; ``has``: it does.
    """
    drill = Drill(id="C11", place=place, death=death, story="letter", orders=1, sinks=False)
    held = {"held": int(may_have), "ambiguous": int(may_have), "second_letters": 0}
    yield replace(drill, expect=held | {"letters": int(has or not may_have)})
    again = {"held": 0, "ambiguous": int(may_have), "second_letters": int(has), "letters": 1 + has}
    yield replace(drill, policy="resend", expect=again)


SMTP = (
    *_letter("email.recipient", may_have=False, has=False),
    *_letter("smtp.rcpt", at_far_end, may_have=False, has=False),
    *_letter("notify.handing", may_have=True, has=False),
    *_letter("smtp.data", at_far_end, may_have=True, has=False),
    *(
        replace(drill, story="long letter", door="narrow")
        for drill in _letter("smtp.middle", at_far_end, may_have=True, has=False)
    ),
    *_letter("smtp.dot", at_far_end, may_have=True, has=True),
    *_letter("email.accepted", may_have=True, has=True),
    *_letter("notify.answered", may_have=True, has=True),
    *_letter("notify.settling", may_have=True, has=True),
)

ONE_POST = {"posts": 2, "second_posts": 1, "held": 0}
HTTP = (
    AtFarEnd(id="C12", place="http.request", story="post", orders=1, expect=ONE_POST),
    At(id="C12", place="notify.answered", story="post", orders=1, expect=ONE_POST),
)


def _phases(carrier: str, *, knows: str) -> Iterator[Drill]:
    """A few words die in every phase of their way to a carrier.

    ``knows``: what a repetition is known by: "a key" (it is shown once, whatever it is), "an id"
    (so, but other conversations of the channel know none: it is noted that it is handed over), "the
    text" (the carrier can be asked what it has), or "nothing" (the policy decides).
    """
    # whoever is reached so, has told us of a device or a conversation
    stated = carrier in ("push", "fcm", "telegram", "whatsapp", "bot")
    drill = Drill(
        id="C11", place="", death=at_place, story="words", door=carrier, sinks=False,
        orders=0 if stated else 1, before=registered if stated else None,
    )  # fmt: skip
    for place, handed, came in (
        ("notify.leased", knows == "a key", False),
        ("notify.handing", True, False),
        ("http.request", True, True),
        ("notify.answered", True, True),
        ("notify.settling", True, True),
        ("notify.settled", False, True),
    ):
        here = replace(
            drill, place=place, death=at_far_end if place == "http.request" else at_place
        )
        open_ = came and handed  # the carrier has it, and the hub does not know
        once = {"ambiguous": int(handed), "held": 0, "second_messages": 0, "messages": 1}
        if knows == "nothing":
            kept = {"held": int(handed), "messages": int(came or not handed)}
            yield replace(here, expect=once | kept)
            twice = {"messages": 1 + open_, "second_messages": int(open_)}
            yield replace(here, policy="resend", expect=once | twice)
        else:
            again = open_ and knows != "the text"
            yield replace(here, expect=once | {"messages": 1 + again})


WORDS = (
    *_phases("sms", knows="nothing"),
    *_phases("keyed", knows="a key"),
    *_phases("twilio", knows="the text"),
    *_phases("push", knows="a key"),
    *_phases("fcm", knows="a key"),
    *_phases("telegram", knows="nothing"),
    *_phases("whatsapp", knows="nothing"),
    *_phases("bot", knows="an id"),
    *_phases("apprise", knows="nothing"),
)

#: what is laid out for a till lies there once, whenever the hub dies over it
LAID_OUT = {"posts": 1, "second_posts": 0, "held": 0}
FEED = (
    *(
        At(id="C12", place=f"notify.{moment}", story="post", orders=1, door="feed", expect=LAID_OUT)
        for moment in ("leased", "handing", "answered", "settling", "settled")
    ),
    At(id="C12", place="notify.answered", nth=3, door="feed"),
)

#: a number that is none: the report is heard once, and all that comes of it with it
BOUNCE = {"receipts": 1, "closed": 1, "messages": 1, "held": 0}
RECEIPTS = (
    Drill(
        id="C12",
        place="receipts.hearing",
        death=at_a_receipt,
        story="words",
        orders=1,
        door="twilio",
        sinks=False,
        expect=BOUNCE,
    ),
)

HOUSEKEEPING = (
    At(id="C14", place="migrate.step"),
    At(id="C14", place="migrate.step", nth=2),
    At(id="C14", place="migrate.before_commit"),
    At(id="C14", place="migrate.step", before=first_tables),
    At(id="C14", place="migrate.before_commit", before=first_tables),
    At(id="C14", place="retention.deleting", before=grown_old, forgotten=True),
    At(id="C14", place="retention.page", before=grown_old, forgotten=True),
    At(id="C16", place="scheduler.due", before=overdue, orders=0, story="late"),
    At(id="C16", place="scheduler.written", before=overdue, orders=0, story="late"),
    At(id="C17", place="recovery.attempt", before=left_open, orders=0),
    At(id="C17", place="recovery.attempt", nth=3, before=left_open, orders=0),
    At(id="C17", place="notify.settling", before=left_open, orders=0),
    At(id="C17", place="recovery.done", before=left_open, orders=0),
    At(id="C17", place="recovery.done", before=told, orders=0),
)

REREAD = ("replay", "--raws", "--apply")
COMMANDS = (
    Drill(id="C14", place="replay.page", death=in_a_command("replay")),
    Drill(id="C14", place="replay.page", death=in_a_command("replay", "--mend")),
    Drill(id="C14", place="replay.page", nth=2, death=in_a_command(*REREAD), orders=50),
)

STOPPED = (
    Drill(id="C18", place="SIGTERM", death=stopped_while_stuck, orders=12),
    Drill(id="C18", place="SIGTERM", death=stopped_while_stuck, orders=12, policy="resend"),
    Burst(id="C14", place="checkpoint", death=beside_checkpoints, orders=1500),
)

BY_OTHER_WAYS = (*WORDS, *FEED)
ONCE = (*WAY_IN, *WAY_OUT, *SMTP, *HTTP, *RECEIPTS, *HOUSEKEEPING, *COMMANDS, *STOPPED)
ALL = (*ONCE, *BY_OTHER_WAYS)
#: as their neighbours by the same channel
SPARED = {("resend", "whatsapp"), ("resend", "apprise")}
#: each place once; of the policy resend only the moment in which it makes a second letter, and of
#: other ways than e-mail and the webhook only the one in which the far end has it
PART = (
    *(drill for drill in ONCE if drill.policy == "hold" or drill.place == "smtp.dot"),
    *(one for one in WORDS if one.death is at_far_end and (one.policy, one.door) not in SPARED),
    FEED[2],
)
#: the same places, passed more often before: other work is under way
LATER = tuple(
    replace(drill, nth=drill.nth + 4, orders=24)
    for drill in (*WAY_IN, *WAY_OUT)
    if drill.story == "mixed"
)

ON_POSTGRESQL = {
    "C2 log.appended", "C3 pipeline.belief", "C4 intake.durable", "C5 pipeline.committed",
    "C9 notify.leasing", "C10 notify.leased", "C11 smtp.dot", "C11 notify.settling",
    "C12 http.request", "C13 store.before_commit", "C14 migrate.before_commit",
    "C16 scheduler.written", "C17 recovery.attempt",
}  # fmt: skip
IN_PART_ON_POSTGRESQL = {"store.before_commit", "smtp.dot", "pipeline.belief"}

#: a storm: its kills fall at random moments
ANYWHERE = Drill(id="C20", place="anywhere", death=at_place, story="load")


def on_postgresql() -> Iterator[Drill]:
    """Yield the drills that PostgreSQL goes through as well."""
    for drill in ALL:
        if f"{drill.id} {drill.place}" in ON_POSTGRESQL and drill.before is not first_tables:
            yield drill
