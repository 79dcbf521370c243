"""An invented order to tell of: goods, a parcel, a pickup point, and a clock that goes on."""

from datetime import datetime, timedelta

from state_machine.events import (
    Event,
    Ordered,
    OrderedLine,
    OrderKey,
    ParcelAnnounced,
    ParcelRef,
    ParcelScanned,
    PickupPoint,
    PromiseMade,
    Units,
    What,
)
from state_machine.lifecycle import Stage

GOODS = (
    OrderedLine(id="1", quantity=3, sku="KK-SUKAT-42", name="Villasukat, koko 42"),
    OrderedLine(id="2", quantity=1, sku="KK-LAMPPU", name="Kirkasvalolamppu"),
)
NAMELESS = tuple(OrderedLine(id=one.id, quantity=one.quantity, sku=one.sku) for one in GOODS)
SOCKS, LAMP = (Units("1", 2),), (Units("2", 1),)
ALL = (Units("1", 3), *LAMP)
BOX = ParcelRef(id="p1", number="JJFI64990000000001001", carrier="posti")
PLAIN_BOX = ParcelRef(id="p1")
URL = "https://www.posti.fi/fi/seuranta#/lahetys/JJFI64990000000001001"
POINT = PickupPoint(
    name="K-Market Kupittaa",
    address="Itäinen Pitkäkatu 30, 20810 Turku",
    opening_hours="ma–pe 7–22, la–su 9–21",
    latitude=60.4490,
    longitude=22.2920,
)
NEAR = PickupPoint(
    name="Pakettiautomaatti, Kupittaan asema",
    address="Joukahaisenkatu 6, 20520 Turku",
    opening_hours="24/7",
    latitude=60.4497,
    longitude=22.2981,
    distance_m=650,
)


class Life:
    """The facts of one order, told as time goes by, the last of them now."""

    def __init__(self, shop: str, now: datetime, *, rich: bool) -> None:
        """``rich``: shop and carrier say all they may."""
        self.key = OrderKey(shop, "1001")
        self.now, self.rich = now, rich
        self.facts: list[Event] = []
        self.box = BOX if rich else PLAIN_BOX
        self.tell(Ordered(number="#1001", placed_at=self.at(0), lines=GOODS if rich else NAMELESS))

    def at(self, hours: float) -> datetime:
        """So many hours after the order was placed, two days ago."""
        return self.now - timedelta(hours=48) + timedelta(hours=hours)

    def tell(self, *told: What) -> None:
        """Tell facts, an hour apart."""
        for what in told:
            number = len(self.facts)
            at = self.at(number)
            fact = Event(
                id=f"life:{self.key.shop}:{number}", occurred_at=at, about=self.key, what=what
            )
            self.facts.append(fact)

    def promise(self, days: int, *, parcel: bool = True) -> None:
        """Promise two hours of a day, counted from today, where promises are made."""
        if self.rich:
            evening = self.now.replace(hour=18, minute=0, second=0, microsecond=0)
            latest = max(evening, self.now + timedelta(hours=1)) + timedelta(days=days)
            ref = self.box if parcel else None
            first = latest - timedelta(hours=2)
            self.tell(PromiseMade(latest=latest, earliest=first, parcel=ref))

    def send(self, *units: Units) -> None:
        """Announce the parcel and hand it over."""
        content = (units or ALL) if self.rich else None
        url = URL if self.rich else None
        self.tell(ParcelAnnounced(parcel=self.box, url=url, units=content))
        self.scan(Stage.HANDED_OVER)

    def scan(self, stage: Stage, **more: object) -> None:
        """Let the carrier see the parcel."""
        said = more if self.rich else {}
        self.tell(ParcelScanned(parcel=self.box, stage=stage, **said))  # type: ignore[arg-type]
