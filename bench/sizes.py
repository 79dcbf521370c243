"""How much of everything a run of the benchmarks measures: all of it, or a taste of it for CI."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Orders, facts, seconds, runs. Medians are of ``runs``."""

    runs: int
    pipeline_facts: int
    pipeline_orders: int  #: the hub holds already
    naive_facts: int
    naive_runs: int
    naive_lines: tuple[int, ...]  #: connections to try; with more its threads wait for each other
    door_rates: tuple[int, int, int] = (1000, 3000, 5000)  #: offered, facts per second
    door_seconds: float
    idle_rate: int = 20  #: facts per second at which a hub is idle most of the time
    busy_rate: int = 1000
    telling_seconds: float
    beside_rate: int = 50  #: facts per second beside stuck providers
    beside_seconds: float
    drain_seconds: float  #: how long it is waited for what was told late
    promised_orders: int  #: whose customers are to be told within the minute
    promised_rate: int = 200  #: facts per second
    reads: int  #: snapshots asked for in a run
    raws_waiting: int
    stream_facts: int  #: read through Faust and beside it
    stream_runs: int
    drain_facts: int  #: that wait for workers
    growth_orders: tuple[int, int]
    growth_facts: int
    growth_told: int  #: facts of which the telling is measured


FULL = Sizes(
    runs=5,
    pipeline_facts=20_000,
    pipeline_orders=10_000,
    naive_facts=16_000,
    naive_runs=3,
    naive_lines=(1, 4, 8),
    door_seconds=12,
    telling_seconds=20,
    beside_seconds=20,
    drain_seconds=90,
    promised_orders=10_000,
    reads=20_000,
    raws_waiting=50_000,
    stream_facts=20_000,
    stream_runs=3,
    drain_facts=100_000,
    growth_orders=(10_000, 1_000_000),
    growth_facts=12_000,
    growth_told=600,
)
QUICK = Sizes(
    runs=1,
    pipeline_facts=96,
    pipeline_orders=4,
    naive_facts=80,
    naive_runs=1,
    naive_lines=(1,),
    door_rates=(50, 100, 150),
    door_seconds=1,
    busy_rate=50,
    telling_seconds=1,
    beside_seconds=1,
    drain_seconds=30,
    promised_orders=12,
    promised_rate=50,
    reads=50,
    raws_waiting=300,
    stream_facts=2_000,
    stream_runs=1,
    drain_facts=2_000,
    growth_orders=(250, 500),
    growth_facts=80,
    growth_told=16,
)
