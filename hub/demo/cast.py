"""Who buys what on the example day: invented people, invented goods, reserved e-mail domains."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who buys; nobody who exists."""

    id: int
    first_name: str
    last_name: str
    language: str  #: as a shop writes it, BCP 47
    street: str
    postal_code: str
    city: str

    @property
    def email(self) -> str:
        """An address in a domain that RFC 2606 keeps free for examples."""
        return f"{self.first_name.lower()}.{self.id}@asiakas.example"


@dataclass(frozen=True, slots=True)
class Goods:
    """Something that is sold."""

    id: int
    sku: str
    name: str
    price: str  #: euros


@dataclass(frozen=True, slots=True)
class Bought:
    """One position of an order."""

    id: int
    goods: Goods
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order as its shop knows it."""

    shop: str
    id: int
    number: str  #: what the customer reads
    customer: Customer
    lines: tuple[Bought, ...]

    @property
    def order_id(self) -> str:
        """The hub's id of the order."""
        return f"{self.shop}:{self.id}"

    @property
    def total(self) -> str:
        """What the customer pays, in euros."""
        cents = sum(round(float(one.goods.price) * 100) * one.quantity for one in self.lines)
        return f"{cents // 100}.{cents % 100:02d}"


KAAMOS, SAUNA = "kaamos", "sauna"  #: the sources: a Shopify shop and a WooCommerce shop

AINO = Customer(101, "Aino", "Koivuharju", "fi", "Esimerkkikatu 3 A 7", "33100", "Tampere")
ELIS = Customer(102, "Elis", "Strandvall", "sv-FI", "Exempelgatan 12", "65100", "Vaasa")
VILJO = Customer(103, "Viljo", "Lumiaho", "fi", "Mallitie 8", "20100", "Turku")
GRACE = Customer(104, "Grace", "Winterfield", "en", "Esimerkkikuja 1 B 22", "00100", "Helsinki")
SVEA = Customer(105, "Svea", "Skogsberg", "sv", "Modellvägen 5", "67100", "Kokkola")
HELMI = Customer(106, "Helmi", "Rantakivi", "fi-FI", "Kuvitelmapolku 14", "90100", "Oulu")
OSCAR = Customer(107, "Oscar", "Northey", "en-GB", "Mallikatu 40 C 9", "02100", "Espoo")
MOA = Customer(108, "Moa", "Fjällsund", "sv-FI", "Påhittsgränd 2", "10600", "Tammisaari")
ONNI = Customer(109, "Onni", "Hiisivuori", "fi", "Keksitie 77", "70100", "Kuopio")
RUBY = Customer(110, "Ruby", "Ashgrove", "en", "Esimerkkiraitti 6", "40100", "Jyväskylä")
TAIMI = Customer(111, "Taimi", "Suvantola", "fi", "Satukatu 19 A 3", "15100", "Lahti")
PIPPA = Customer(112, "Pippa", "Larkmoor", "en", "Tarinatie 4", "96100", "Rovaniemi")
LINUS = Customer(113, "Linus", "Åvik", "sv-FI", "Sagovägen 31", "22100", "Maarianhamina")
EINO = Customer(114, "Eino", "Tuulikallio", "fi", "Unelmapolku 2", "80100", "Joensuu")
IRIS = Customer(115, "Iris", "Merrow", "en", "Kuvitelmakatu 11", "28100", "Pori")
SISKO = Customer(116, "Sisko", "Poutapilvi", "fi", "Mallipuisto 9 D 51", "45100", "Kouvola")
ALVAR = Customer(117, "Alvar", "Holmvind", "sv", "Exempelstigen 7", "68600", "Pietarsaari")

MUG = Goods(501, "KK-MUKI-VALK", "Emalimuki, valkoinen", "18.90")
LAMP = Goods(502, "KK-LAMPPU-KIRKAS", "Kirkasvalolamppu", "129.00")
THROW = Goods(503, "KK-TORKKUPEITTO", "Villahuopa, harmaa", "89.00")
CANDLE = Goods(504, "KK-KYNTTILA-6", "Kynttilät, 6 kpl", "24.90")
SOCKS = Goods(505, "KK-SUKAT-42", "Villasukat, koko 42", "29.50")
LANTERN = Goods(506, "KK-LYHTY", "Pihalyhty, musta", "54.00")
BUCKET = Goods(601, "SA-KIULU-4", "Löylykiulu, 4 l", "62.00")
LADLE = Goods(602, "SA-KAUHA", "Löylykauha, leppä", "27.00")
TOWEL = Goods(603, "SA-PYYHE", "Pellavapyyhe, 95 × 180", "48.50")
STONES = Goods(604, "SA-KIVET-20", "Kiuaskivet, 20 kg", "39.90")


def kaamos(number: int, customer: Customer, *bought: tuple[Goods, int]) -> Purchase:
    """Make an order of Kaamos & Koti."""
    own = 5_550_000_000 + number
    return Purchase(KAAMOS, own, f"#{number}", customer, _lines(own, bought))


def sauna(number: int, customer: Customer, *bought: tuple[Goods, int]) -> Purchase:
    """Make an order of Saunakauppa Löyly."""
    return Purchase(SAUNA, number, str(number), customer, _lines(number, bought))


def _lines(order: int, bought: tuple[tuple[Goods, int], ...]) -> tuple[Bought, ...]:
    return tuple(
        Bought(order * 10 + place, goods, quantity)
        for place, (goods, quantity) in enumerate(bought, start=1)
    )
