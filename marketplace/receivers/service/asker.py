"""Who asks for receivers, and for what: as a supply that matching can judge."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import matching
from matching import Supplies

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...enterprises import service as enterprises
from ...enterprises.models import GRADES, Enterprise
from ...errors import Invalid, Notice
from ...events.actor import Actor
from ...matches import service as matches

NOBODY = -1
"""The number of an asker that is no enterprise: staff."""
LOT_KG = 1
"""Whoever has this much left may take something."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A waste at a place (WGS-84), and whose it is (None: staff asks).

    Attributes:
        province: the first two digits of the region in which it lies.
        kg: how much it is, 0 if that was not said.
        modes: the modes of treatment asked for, the first that a receiver has counts.
    """

    enterprise: Enterprise | None
    code: CatalogueCode
    lon: float
    lat: float
    province: int
    kg: int
    modes: tuple[matching.Mode, ...]

    def supply(self, lot_kg: int = LOT_KG) -> Supplies:
        """The waste as one open supply of today, of which `lot_kg` must fit."""
        owner, today = self.enterprise, matches.day_number(clock.today())
        return Supplies(
            key=np.array([0]),
            id_hi=np.zeros(1, np.uint64),
            id_lo=np.zeros(1, np.uint64),
            enterprise=np.array([owner.no if owner else NOBODY]),
            province=np.array([self.province]),
            lat=np.array([self.lat]),
            lon=np.array([self.lon]),
            remaining_kg=np.array([max(lot_kg, LOT_KG)]),
            min_lot_kg=np.array([max(lot_kg, LOT_KG)]),
            price_fen=np.array([matching.NO_PRICE]),
            max_km=np.array([np.inf]),
            first_day=np.array([today]),
            last_day=np.array([today]),
            credit_milli=np.array([owner.credit_milli if owner else 0]),
            grade=np.array([GRADES.index(owner.grade) if owner else 0]),
            blocked=np.array([owner.blocked if owner else False]),
            code=np.array([self.code.id]),
            small_generator=np.array([owner.small_generator if owner else False]),
        )


def asker_of(actor: Actor, query: dict[str, Any]) -> tuple[Asker, list[Notice]]:
    """Who asks and for what, with notices about the code.

    Args:
        query: `scheme`, `code`, `lon`, `lat`, `crs`, `tonnes` (as kilograms) and `mode`.
    Raises:
        Forbidden: the enterprise is not approved.
        Invalid: the code is unknown or of another scheme; staff names no place (`point_incomplete`).
    """
    owner = None
    if actor.enterprise_id is not None:
        enterprises.require_approved(actor)
        owner = enterprises.own(actor)
    code, notices = catalogue.resolve(query["scheme"], query["code"], "")
    if code.id is None:
        code = catalogue.stand_in_of(code)
    lon, lat, province = _place(owner, query)
    mode = query["mode"]
    modes = (matching.Mode[mode.upper()],) if mode else tuple(matching.Mode)
    return Asker(owner, code, lon, lat, province, query["tonnes"] or 0, modes), notices


def _place(owner: Enterprise | None, query: dict[str, Any]) -> tuple[float, float, int]:
    """Longitude, latitude and province of the waste: where the query says, else where the asker is."""
    home = (owner.place_region or owner.region) if owner else None
    if query["lon"] is None:
        if owner is None or home is None:
            raise Invalid("point_incomplete", at="lon")
        return owner.lon, owner.lat, home // 10_000
    lon, lat = catalogue.to_wgs84({name: query[name] for name in ("lon", "lat", "crs")})
    if owner is not None:
        district = catalogue.district_at(lon, lat, owner.region)
    else:
        district = next(iter(catalogue.districts_near([(lon, lat)])[0]), None)
    return lon, lat, (district or home or 0) // 10_000
