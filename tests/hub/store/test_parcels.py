"""What orders say of a tracking number adds up to the same claim, whoever speaks first."""

from collections.abc import Iterator
from functools import partial, reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store import parcels
from hub.store.migrate import migrate
from hub.store.parcels import ANOTHER, EARLY, PARCEL, RECYCLED, TOGETHER, Claim
from hub.store.session import Store
from tests.builders import hours

ORDERS = ["a:1", "a:2", "b:1"]
SHOPS = {order: order[0] for order in ORDERS}
carriers = st.sampled_from([None, "posti", "Posti Oy", "gls", "Kuriiri"])
days = st.integers(0, 200)
stated = st.builds(
    lambda order, carrier, day: Claim.made("JJ1", order, carrier, hours(24 * day)),
    st.sampled_from(ORDERS),
    carriers,
    days,
)
anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path_factory.mktemp('parcels')}/hub.db")
    migrate(opened)
    yield opened
    opened.close()


@anew
@given(st.lists(stated, min_size=1, max_size=6), st.data())
def test_the_table_says_what_the_statements_say_together(
    store: Store, said: list[Claim], data: st.DataObject
) -> None:
    store.write_now(lambda c: c.execute(PARCEL.delete()).rowcount)
    for one in data.draw(st.permutations(said)):
        store.write_now(partial(parcels.claim, claims=[one]))
    found = store.read_now(lambda c: parcels.claims_to(c, ["JJ1"]))["JJ1"]

    expected = {
        order: reduce(Claim.joined, [one for one in said if one.order_id == order])
        for order in {one.order_id for one in said}
    }
    assert expected == found


claims = st.lists(stated, min_size=1, max_size=4, unique_by=lambda one: one.order_id)


@given(claims, carriers, days, st.data())
def test_who_is_meant_does_not_depend_on_who_spoke_first(
    said: list[Claim], carrier: str | None, day: int, data: st.DataObject
) -> None:
    other = data.draw(st.permutations(said))
    at = hours(24 * day)
    meant = parcels.meant(said, carrier, at)

    assert set(meant) == set(parcels.meant(other, carrier, at))
    assert not meant or parcels.share(meant, SHOPS) == parcels.share(meant[::-1], SHOPS)


@given(claims, carriers, days)
def test_orders_that_share_a_parcel_are_of_one_shop_one_carrier_and_one_time(
    said: list[Claim], carrier: str | None, day: int
) -> None:
    meant = parcels.meant(said, carrier, hours(24 * day))
    if meant and parcels.share(meant, SHOPS):
        assert len({SHOPS[one.order_id] for one in meant}) == 1
        assert len({one.carrier for one in meant} & {"posti", "gls"}) < 2
        since = [one.since for one in meant]
        assert max(since) - min(since) <= TOGETHER


def test_a_span_is_wide_enough_for_a_parcel_and_too_narrow_for_the_next() -> None:
    assert TOGETHER < ANOTHER - EARLY
    assert ANOTHER < RECYCLED
