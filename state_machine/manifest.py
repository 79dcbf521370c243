"""Which number is which parcel and what is in it: read from all facts before the replay begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from state_machine.events import ParcelAnnounced, ParcelRef, ReturnMoved, Units


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the shop said of its parcels, whenever. A load is units that travel together."""

    #: any name of a parcel (the shop's id, the tracking number) -> the one it is known by, its id
    names: dict[str, str]
    loads: dict[str, list[str]]  #: parcel -> the loads in it
    contents: dict[str, tuple[Units, ...] | None]  #: load -> its units; None: not known
    replaces: dict[str, str]  #: parcel -> the return it replaces goods for
    returns: dict[str, str]  #: any name of a parcel -> the return whose goods it brings back

    def name_of(self, ref: ParcelRef) -> str:
        """Return the one name of the parcel that ``ref`` speaks of."""
        own = _own(ref)
        return self.names.get(own) or self.names.get(ref.number or "") or own

    def return_of(self, ref: ParcelRef) -> str | None:
        """Return the return whose goods the parcel brings back, if it is such a parcel."""
        if not self.returns:
            return None
        return self.returns.get(_own(ref)) or self.returns.get(ref.number or "")

    def former_names(self) -> tuple[tuple[str, str], ...]:
        """Return (former id, id) of every parcel that has gone, or may have gone, by another id."""
        return tuple(sorted([(was, now) for was, now in self.names.items() if was != now]))

    def goes_on(self, what: Any) -> bool:
        """Read a fact that happened after all the others; False when everything must be read anew.

        Only parcels nobody has named before are taken in.
        """
        ref = getattr(what, "parcel", None)
        if ref is None:
            return True
        if isinstance(what, ParcelAnnounced):
            return self._takes(what)
        if isinstance(what, ReturnMoved):
            return False
        if not (ref.id and ref.number):
            return True
        name = self.names.get(ref.id)
        return name is not None and name == self.names.get(ref.number)

    def _takes(self, what: ParcelAnnounced) -> bool:
        own, number = _own(what.parcel), what.parcel.number or ""
        if what.load or what.returns or what.exchange_for:
            return False
        known = (self.names, self.contents)
        if any(own in names or number in names for names in known):
            return False
        self.contents[own] = what.units
        self.loads[own] = [own]
        _same(self.names, what.parcel)
        return True


def read(whats: Iterable[Any]) -> Manifest:
    """Read what is said of parcels. In: what the facts say, in the order it happened."""
    manifest = Manifest({}, {}, {}, {}, {})
    load_of: dict[str, str] = {}
    bare: set[str] = set()  #: loads known by a tracking number only
    for what in whats:
        ref = getattr(what, "parcel", None)
        if ref is None:
            continue
        back = _brings_back(what)
        if back is not None:
            manifest.returns.update(dict.fromkeys((_own(ref), ref.number or ""), back))
        elif isinstance(what, ParcelAnnounced):
            _same(manifest.names, ref)
            own = _own(ref)
            load = load_of[own] = what.load or load_of.get(own) or own
            if what.units is not None or load not in manifest.contents:
                manifest.contents[load] = what.units
            if ref.id is None and what.load is None:
                bare.add(load)
        elif ref.id and ref.number:
            _same(manifest.names, ref)
    manifest.returns.pop("", None)
    _stow(manifest, load_of, bare)
    for what in whats:
        if isinstance(what, ParcelAnnounced) and what.exchange_for and what.returns is None:
            manifest.replaces[manifest.name_of(what.parcel)] = what.exchange_for
    return manifest


def _own(ref: ParcelRef) -> str:
    """Return the name a parcel goes by before anything else is known of it."""
    return ref.id or ref.number or ""


def _brings_back(what: object) -> str | None:
    if isinstance(what, ReturnMoved):
        return what.return_id
    return what.returns if isinstance(what, ParcelAnnounced) else None


def _same(names: dict[str, str], ref: ParcelRef) -> None:
    """Give a parcel one name. Whatever shares an id or a number is one parcel."""
    own, number = _own(ref), ref.number or _own(ref)
    name = names.get(own) or names.get(number) or own
    for other in {names.get(own, name), names.get(number, name)} - {name}:
        names.update({known: name for known, is_ in names.items() if is_ == other})
    names[own] = names[number] = name


def _stow(manifest: Manifest, load_of: dict[str, str], bare: set[str]) -> None:
    """Say which loads are in which parcel: two fulfilments with one number are one parcel."""
    for own, load in load_of.items():
        loads = manifest.loads.setdefault(manifest.names[own], [])
        if load not in loads:
            loads.append(load)
    for loads in manifest.loads.values():
        # A number that was named without more says nothing beside a fulfilment of that number.
        empty = [load for load in loads if load in bare and manifest.contents[load] is None]
        if len(empty) < len(loads):
            loads[:] = [load for load in loads if load not in empty]
