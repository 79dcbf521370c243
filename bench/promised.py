"""Is everybody told within the minute that is promised, and does the hub's own report say so?

Orders at a steady rate, a store system that is told by webhook and a mail server for customers,
both of which note what arrives and when; the hub is not asked. Then its report on the day is read:
what it counts must be what arrived. The clock of a notice starts when the vendor's machine has its
2xx and stops in the receiving program.
"""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bench.bars import Figure, Progress, figure
from bench.day import LIFE
from bench.door import deliver
from bench.programs import KEY, Program, Sending, fresh, hub, program
from bench.sizes import Sizes
from bench.telling import all_told, told_by_webhook, waits_of, webhook_sink

NAMES = ("told_in_time",)
PROMISE_MS = 60_000.0


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield the share of notices that were in time, by the far ends' own count."""
    facts = sizes.promised_orders * len(LIFE)
    progress(f"{sizes.promised_orders:,} orders at {sizes.promised_rate} facts a second")
    database, acks = fresh(folder / "promised.db"), folder / "acks.json"
    letters = folder / "letters.json"
    today = datetime.now(UTC).date()
    with (
        webhook_sink(folder) as sink,
        program(folder, "post", "bench.sink", "mail", "{port}", str(letters)) as post,
    ):
        post.wait("")
        smtp = {"TILANNE_SMTP_URL": f"smtp://127.0.0.1:{post.port}"}
        with hub(folder, database, **told_by_webhook(sink), **smtp) as up:
            up.wait()
            task = deliver(up, facts, rate=sizes.promised_rate, keep=str(acks))
            sent = Sending(task).result()
            left = all_told(database, sizes.drain_seconds)
            said = _report(up, today)
        sink.end()
        post.end()
    waits = waits_of(task, json.loads(acks.read_text()), folder / "sink.json")
    arrived = {
        "webhook": len(json.loads((folder / "sink.json").read_text())),
        "email": len(json.loads(letters.read_text())),
    }
    late = sum(wait > PROMISE_MS for wait in waits) + sum(one["late"] for one in said.values())
    counted = {channel: one["in_time"] + one["late"] for channel, one in said.items()}
    all_of_them = sum(arrived.values())
    yield figure(
        "told_in_time",
        1 - late / all_of_them if all_of_them else 0.0,
        sound=left == 0 and counted == arrived and sent["statuses"].keys() == {"202"},
        facts_per_s=round(sent["rate"], 1),
        orders=sizes.promised_orders,
        arrived=arrived,
        counted=counted,
        slowest_webhook_ms=waits[-1] if waits else None,
        untold_after_all=left,
    )


def _report(up: Program, first: date) -> Mapping[str, Mapping[str, int]]:
    """Read the hub's report, of two days if it became midnight: per channel in time, late."""
    days = {first, datetime.now(UTC).date()}
    found: dict[str, dict[str, int]] = {}
    for day in sorted(days):
        for one in _day(up, day)["kept"]:
            sums = found.setdefault(one["channel"], {"in_time": 0, "late": 0})
            for name in sums:
                sums[name] += one[name]
    return found


def _day(up: Program, day: date) -> dict[str, Any]:
    address = f"http://127.0.0.1:{up.port}/v1/sla?day={day}"
    question = urllib.request.Request(address, headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(question, timeout=60) as answer:
        read: dict[str, Any] = json.load(answer)
        return read
