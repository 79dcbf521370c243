"""Who carries a parcel: the many names of one carrier, so that two carriers are told apart.

Two carriers may use one number for two parcels, so a parcel is known by number and carrier. Shops
write the carrier's name as they like; this table says which names mean the same one. A name that is
not in it says nothing: whoever is meant may be anybody.

A row: the carrier, then the ways its name begins, in lower case, letters and digits only. What
follows (a country, a service, "Oy") does not matter. Names of one group stand in one row where its
companies carry each other's parcels.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from unicodedata import normalize

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    # --- Nordic and Baltic
    "posti": ("posti", "postifi", "postioy", "itella", "smartpost", "smartposti"),
    "matkahuolto": ("matkahuolto",),
    "postnord": ("postnord", "mypack", "postnordse", "postnorddk", "postnordno", "postnordfi"),
    "bring": ("bring", "postennorge", "postenbring", "bringparcels"),
    "schenker": ("dbschenker", "schenker"),
    "budbee": ("budbee", "instabox", "instabee"),
    "airmee": ("airmee",),
    "helthjem": ("helthjem",),
    "earlybird": ("earlybird",),
    "omniva": ("omniva", "eestipost"),
    "venipak": ("venipak",),
    # --- Europe
    "dhl": ("dhl", "dhlexpress", "dhlpaket", "dhlde", "dhlgermany", "deutschepost"),
    "gls": ("gls", "glsus", "gso", "glsitaly"),
    "dpd": ("dpd", "dpduk", "dpdlocal", "dpdde", "dpdfr", "geopost", "seur", "chronopost", "brt"),
    "hermes": ("hermes", "evri", "myhermes", "hermesuk", "hermesworld"),
    "royal_mail": ("royalmail", "parcelforce"),
    "yodel": ("yodel",),
    "la_poste": ("laposte", "colissimo"),
    "mondial_relay": ("mondialrelay", "inpost"),
    "colis_prive": ("colisprive",),
    "geodis": ("geodis",),
    "postnl": ("postnl",),
    "bpost": ("bpost",),
    "correos": ("correos",),
    "poste_italiane": ("posteitaliane", "sda"),
    "swiss_post": ("swisspost", "postch", "dieschweizerischepost"),
    "austrian_post": ("austrianpost", "oesterreichischepost", "osterreichischepost"),
    "an_post": ("anpost",),
    "polish_post": ("pocztapolska", "polishpost"),
    "packeta": ("packeta", "zasilkovna"),
    # --- North America
    "ups": ("ups", "upsdap", "unitedparcelservice"),
    "usps": ("usps", "unitedstatespostalservice", "uspostalservice"),
    "fedex": ("fedex", "fedexdefault", "federalexpress", "tnt"),
    "ontrac": ("ontrac", "lasership"),
    "amazon": ("amazon", "amazonlogistics", "amazonshipping", "amzl"),
    "canada_post": ("canadapost", "postescanada"),
    "purolator": ("purolator",),
}

#: Services whose parcels another carrier hands over, under the same number: whose, they do not say
HANDED_ON = frozenset(
    {
        "dhlecommerce",
        "dhlecs",
        "dhlglobalmail",
        "dhlparcel",
        "dhlparcelconnect",
        "dhlsmartmail",
        "fedexgroundeconomy",
        "fedexsmartpost",
        "upsmailinnovations",
        "upsmi",
        "upssurepost",
    }
)

#: The form of the Universal Postal Union (standard S10), as in RR123456785FI. Such a number says
#: itself who gave it out; at the border another carrier goes on with it.
_ACROSS_BORDERS = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")

_CODES = {name: code for code, names in SPELLINGS.items() for name in names}
_CODES |= dict.fromkeys(HANDED_ON, "")


def can_be_one(one: str | None, other: str | None, number: str) -> bool:
    """Tell whether two statements of who carries the parcel ``number`` can be about one parcel.

    Only two carriers that are known, and known to be different, cannot. In: the names as somebody
    wrote them, None for no word on it; the normalised number.
    """
    if not one or not other or one == other or _ACROSS_BORDERS.fullmatch(number):
        return True
    mine, theirs = code_of(one), code_of(other)
    return not mine or not theirs or mine == theirs


@lru_cache(maxsize=1024)
def code_of(name: str) -> str:
    """Return the one name of a carrier; empty when the spelling says nothing."""
    plain = normalize("NFKD", name[:100]).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    beginnings = ("".join(words[:count]) for count in range(len(words), 0, -1))
    return next((_CODES[text] for text in beginnings if text in _CODES), "")
