"""The load on its way: picked up, handed from one carrier to the next, delivered."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import current_app

from matching.model import geodesic_km

from ... import clock
from ...catalogue import service as catalogue
from ...deals import service as deals
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...errors import Conflict, Invalid, Notice
from ...events.actor import Actor
from ...licences import service as licences
from ...listings import service as listings
from ...transporters import service as transporters
from ..models import Manifest, ManifestKind, ManifestLeg, ManifestLine, Part
from .drafting import kg_by_deal, payload_notices
from .finding import deals_of, not_your_turn, require_receiver
from .following import free_refused
from .sealing import seal
from .steps import Step, lock_deals, step
from .weights import weights_of

NEAR_KM = 2.0
"""How near to the receiver a load is delivered without a reason; our own choice."""
MOST_AHEAD = timedelta(days=1)
"""How far ahead the time of a hand-over may lie: a clock may be wrong, a year may not; our own choice."""
USCC_LENGTH, CODE_LENGTH, DAY_LENGTH, LABEL_LENGTH = 18, 8, 8, 37
"""Of the digital identifier of a label (HJ 1276-2022): unit, waste code, day of 8, serial of 3 digits."""


def pick_up(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Take the load over at the sender's place and sign for it, weighed or estimated.

    Raises:
        Conflict: hazardous waste without its official number (`official_number_missing`), a permit that does
            not hold today (`permit_not_valid`), a receiver that is suspended
            (`receiver_may_not_trade`), a carrier that may not carry it (`carrier_not_permitted`), a
            label of another waste (`label_differs`); or as `step`.
    """
    with step(actor, manifest_id, "pickup", data["reason"]) as made:
        row, today = made.row, clock.today()
        _require_official_number(row)
        people = (data["vehicle"], data["driver"], data["escort"])
        transporters.require_may_carry(row.transporter_id, *people, row.hazardous, today)
        _require_labels(row, data["containers"] or [])
        for line, kg in zip(row.lines, weights_of(row.lines, data, "weight_t", "quantity_kg"), strict=True):
            line.picked_up_kg = kg
        _start_loads(made)
        row.load_on = today
        row.vehicle, row.driver, row.escort = people
        row.picked_up_kg, row.estimated = data["weight_t"], data["estimated"]
        row.packages_picked_up = data["packages"] or _stated_packages(row)
        row.picked_up_at = clock.now()
        leg = _next_leg(row, row.transporter_id, people)
        leg.signed_at = row.picked_up_at
        name = data.get("signed_name")
        seal(made.work, actor, row, Part.CARRIER, "pickup", leg=leg, reason=data["reason"], signed_name=name)
    return row, payload_notices(row, data["weight_t"])


def _require_official_number(row: Manifest) -> None:
    required = current_app.config["SETTINGS"].official_number == "required"
    if row.hazardous and row.official_number is None and required:
        raise Conflict("official_number_missing", at="official_number")


def _start_loads(made: Step) -> None:
    """Count the weights picked up on the deals; what is only returned is counted there as refused."""
    row = made.row
    if row.kind == ManifestKind.RETURN:
        return
    require_receiver(row)
    origin = made.work.session.get_one(Manifest, row.origin_id) if row.origin_id else None
    picked_up, planned = kg_by_deal(row.lines, "picked_up_kg"), kg_by_deal(row.lines)
    found = lock_deals(made.work, {*planned, *(kg_by_deal(origin.lines) if origin else ())})
    for deal_id, kg in planned.items():
        _count_in_year_of_pickup(made, found[deal_id], kg)
        deals.start_load(made.work, found[deal_id], kg, picked_up[deal_id])
    if origin is not None:  # what was refused there is now on its way under this deal
        free_refused(made.work, origin, found)


def _count_in_year_of_pickup(made: Step, deal: Deal, kg: int) -> None:
    """Hold the permits to the day of the pickup, and count the load in its year."""
    row, today = made.row, clock.today()
    licences.require_permit_on(deals.permits_of(deal), today)
    if row.load_on is None or row.load_on.year != today.year:
        deals.unissue_load(made.work, deal, row.id)
        deals.issue_load(made.work, deal, kg, today, row.id)


def _stated_packages(row: Manifest) -> int | None:
    stated = [line.packages for line in row.lines if line.packages is not None]
    return sum(stated) if stated else None


def _next_leg(row: Manifest, transporter_id: UUID, people: Sequence[str | None]) -> ManifestLeg:
    vehicle, driver, escort = people
    leg = ManifestLeg(
        no=len(row.legs) + 1,
        transporter_id=transporter_id,
        vehicle=vehicle,
        driver=driver,
        escort=escort,
        started_at=clock.now(),
    )
    row.legs.append(leg)
    return leg


def _require_labels(row: Manifest, scanned: Sequence[str]) -> None:
    """Refuse a container whose label is not of this sender and of a line; nothing is loaded then.

    Raises:
        Conflict: `label_differs`, with the label and why.
    """
    sender = enterprises.by_id({row.sender_id})[row.sender_id]
    codes = catalogue.codes_by_id({line.code_id for line in row.lines})
    for place, label in enumerate(scanned):
        fits = [
            line for line in row.lines if _is_label_of(label, sender.uscc, codes[line.code_id].code, line)
        ]
        if not fits:
            raise Conflict("label_differs", at=f"containers.{place}", label=label)


def _is_label_of(label: str, uscc: str, code: str, line: ManifestLine) -> bool:
    unit, rest = label[:USCC_LENGTH], label[USCC_LENGTH:]
    is_known = not line.containers or label in line.containers
    return (
        len(label) == LABEL_LENGTH
        and unit == uscc
        and rest[:CODE_LENGTH] == code.replace("-", "")
        and _names_day(rest[CODE_LENGTH:])
        and is_known
    )


def _names_day(tail: str) -> bool:
    """Whether the end of a label is a day that is not to come, and the serial."""
    if not (tail.isascii() and tail.isdecimal()):
        return False
    try:
        return date.fromisoformat(tail[:DAY_LENGTH]) <= clock.today()
    except ValueError:
        return False


def hand_over(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Hand the load to the next carrier, or, as that carrier, sign for having taken it over.

    Who hands over names the next carrier; that one then has the load, and signs by naming the one before, or
    with its delivery.

    Raises:
        Conflict: the next carrier may not carry it (`carrier_not_permitted`); or as `step`.
        Invalid: the carrier that is named is unknown, or is no other one (`same_carrier`), or it is yet to
            happen (`hand_over_ahead`).
    """
    transporters.require_transporter(data["transporter_id"])
    if data["at"] > clock.now() + MOST_AHEAD:
        raise Invalid("hand_over_ahead", at="at")
    with step(actor, manifest_id, "hand_over", data["reason"]) as made:
        row, named = made.row, data["transporter_id"]
        people = (data["vehicle"], data["driver"], data["escort"])
        if named == row.transporter_id:
            raise Invalid("same_carrier", at="transporter_id")
        leg, before = row.legs[-1], row.legs[-2:-1]
        if leg.signed_at is None:
            if not before or before[0].transporter_id != named:
                raise not_your_turn(row)
            _take_over(made, leg, people, data["reason"])
            return row, []
        notices = _may_carry(row, named, people)
        seal(made.work, actor, row, Part.CARRIER, "hand_over", leg=leg, reason=data["reason"])
        leg = _next_leg(row, named, people)
        leg.place, leg.started_at = data["place"], data["at"]
        row.transporter_id = named
        row.vehicle, row.driver, row.escort = people
    return row, notices


def _take_over(made: Step, leg: ManifestLeg, people: Sequence[str | None], reason: str | None) -> None:
    """Sign a leg as the carrier that took the load over; vehicle and people are its own to name."""
    row = made.row
    vehicle, driver, escort = people
    if vehicle and driver:
        transporters.require_may_carry(
            row.transporter_id, vehicle, driver, escort, row.hazardous, clock.today()
        )
        leg.vehicle, leg.driver, leg.escort = row.vehicle, row.driver, row.escort = vehicle, driver, escort
    leg.signed_at = clock.now()
    seal(made.work, made.actor, row, Part.CARRIER, "hand_over", leg=leg, reason=reason)


def _may_carry(row: Manifest, transporter_id: UUID, people: Sequence[str | None]) -> list[Notice]:
    """Hold the next carrier to what a carrier needs; who drives may still be said at its signature."""
    vehicle, driver, escort = people
    if vehicle and driver:
        transporters.require_may_carry(transporter_id, vehicle, driver, escort, row.hazardous, clock.today())
        return []
    return transporters.missing_for(
        transporter_id, vehicle or "", driver or "", escort, row.hazardous, clock.today()
    )


def deliver(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Say that the load is at its receiver's place; elsewhere than near it only with a reason.

    Raises:
        Invalid: the place is far from the receiver's and there is no reason (`far_from_receiver`).
    """
    with step(actor, manifest_id, "deliver", data["reason"]) as made:
        row = made.row
        lon, lat = data["lon"], data["lat"]
        if lon is not None and lat is not None:
            km = _km_to_receiver(row, lon, lat)
            if km > NEAR_KM and not data["reason"]:
                raise Invalid("far_from_receiver", at="reason", km=round(km, 1), most=NEAR_KM)
        row.delivered_lon, row.delivered_lat, row.delivery_reason = lon, lat, data["reason"]
        row.delivered_at = clock.now()
        leg = row.legs[-1]
        leg.signed_at = leg.signed_at or row.delivered_at
        seal(made.work, actor, row, Part.CARRIER, "deliver", leg=leg, reason=data["reason"])
        says_where = lon is not None or bool(data["reason"])
    return row, [] if says_where else [Notice("delivery_place_missing", "lon")]


def _km_to_receiver(row: Manifest, lon: float, lat: float) -> float:
    """Kilometres to the nearest place of the receiver: its seat, or where the deal's listing of it lies."""
    found = deals_of(row)
    wanted = {deal.supply_id if row.kind == ManifestKind.RETURN else deal.demand_id for deal in found}
    seat = enterprises.by_id({row.receiver_id})[row.receiver_id]
    places = [(seat.lon, seat.lat)] + [(item.lon, item.lat) for item in listings.by_id(wanted).values()]
    return min(geodesic_km(lat, lon, place_lat, place_lon) for place_lon, place_lat in places)
