"""Manifests drafted, and what the draft takes from the deal and its supply."""

import logging
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...deals import service as deals
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...errors import Conflict, Invalid, NotFound, Notice
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ...listings import service as listings
from ...messages.names import Name
from ...transporters import service as transporters
from ..models import LIFE, Manifest, ManifestLine
from .numbers import next_number
from .steps import emit, lock_deals
from .weights import heavy_notices

OF_LINE = ("quantity_t", "packages", "packing", "containers")
"""What the body of a manifest for one deal says of its only line."""
PLAIN = ("planned_on", "emergency", "vehicle")

log = logging.getLogger(__name__)


def draft_for_deal(actor: Actor, deal_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Draft a manifest with one line, for one deal. Raises: as `draft`."""
    line = {"deal_id": deal_id, **{name: data.pop(name) for name in OF_LINE}}
    try:
        return draft(actor, {**data, "lines": [line]})
    except Conflict as error:
        error.at = error.at and error.at.removeprefix("lines.0.")
        raise


def draft(actor: Actor, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Draft a manifest of one sender to one receiver; its tonnes are planned on the deals.

    Returns:
        the draft, and what is allowed but odd about it.
    Raises:
        Invalid: a deal or a transporter is unknown, or the lines are of several senders or receivers.
        Conflict: a deal is not the actor's to load (`not_your_turn`), has ended (`wrong_state`) or has too
            little left (`not_enough_left`).
    """
    require_future(data["planned_on"])
    transporters.require_transporter(data["transporter_id"])
    with unit_of_work() as work:
        by_id = lock_deals(work, known_deals(actor, data["lines"]))
        for deal in by_id.values():
            require_loadable(actor, deal, data.get("reason"))
        first = only_route(by_id.values())
        codes = catalogue.codes_by_id({deal.code_id for deal in by_id.values()})
        lines = new_lines(by_id, codes, data["lines"])
        _plan(work, by_id, lines)
        row = Manifest(
            status=LIFE.initial,
            sender_id=first.supplier_id,
            receiver_id=first.receiver_id,
            transporter_id=data["transporter_id"],
            region=first.region,
            planned_kg=sum(line.quantity_kg for line in lines),
            hazardous=is_hazardous(codes),
            lines=lines,
            copied_from_id=data.get("copied_from_id"),
            **{name: data.get(name) for name in PLAIN},
        )
        write(work, actor, row, "draft", data.get("reason"))
    return row, draft_notices(row, by_id.values())


def _plan(work: Work, by_id: dict[UUID, Deal], lines: Sequence[ManifestLine]) -> None:
    """Plan the tonnes of the lines on their deals. Raises: Conflict: as `plan_load`, about a line."""
    for deal_id, kg in kg_by_deal(lines).items():
        try:
            deals.plan_load(work, by_id[deal_id], kg)
        except Conflict as error:
            number = next(no for no, line in enumerate(lines) if line.deal_id == deal_id)
            error.at = error.at and f"lines.{number}.{error.at}"
            raise


def write(work: Work, actor: Actor, row: Manifest, verb: str, reason: str | None, **detail: Any) -> None:
    """Write a new manifest; what needs no number comes first, because all others wait for the serial until
    the work ends."""
    row.id = uuid7()
    work.audit(actor, verb, row, reason=reason, **detail)
    work.session.flush()
    work.write_records()
    row.number = next_number(work, row.region, clock.today())
    work.add(row)
    emit(work, "manifest.drafted", row)
    log.info("manifest drafted", extra={"manifest_id": str(row.id), "number": row.number})


def require_future(day: date) -> None:
    if day < clock.today():
        raise Invalid("day_is_past", at="planned_on")


def known_deals(actor: Actor, lines: Sequence[dict[str, Any]]) -> set[UUID]:
    """The deals that the lines name. Raises: Invalid: one is unknown to the actor (`unknown_deal`)."""
    for no, line in enumerate(lines):
        try:
            deals.find_deal(actor, line["deal_id"])
        except NotFound as error:
            raise Invalid("unknown_deal", at=f"lines.{no}.deal_id") from error
    return {line["deal_id"] for line in lines}


def require_loadable(actor: Actor, deal: Deal, reason: str | None) -> None:
    """Refuse a deal that the actor may not load: only its supplier does, or an admin who says why."""
    if actor.is_admin:
        if not reason:
            raise Invalid("field_required", at="reason")
        return
    if deal.supplier_id != actor.enterprise_id:
        facts: dict[str, Any] = {"subject": Name("subject", "deal"), "status": deal.status}
        raise Conflict("not_your_turn", **facts, next=Name("manifest_step", "loads"))
    enterprises.require_approved(actor)


def only_route(found: Iterable[Deal]) -> Deal:
    """Any of these deals. Raises: Invalid: they have several senders or receivers (`one_sender`)."""
    rows = list(found)
    if len({(deal.supplier_id, deal.receiver_id) for deal in rows}) > 1:
        raise Invalid("one_sender", at="lines")
    return rows[0]


def new_lines(
    by_id: dict[UUID, Deal], codes: dict[int, CatalogueCode], stated: Sequence[dict[str, Any]]
) -> list[ManifestLine]:
    """The lines of a manifest, what the form says of the waste taken from the supply of each deal."""
    supplies = listings.by_id({deal.supply_id for deal in by_id.values()})
    lines = []
    for no, item in enumerate(stated, start=1):
        deal = by_id[item["deal_id"]]
        supply, code = supplies[deal.supply_id], codes[deal.code_id]
        lines.append(
            ManifestLine(
                no=no,
                deal_id=deal.id,
                code_id=deal.code_id,
                name=code.name_zh or code.name_en,
                form=supply.form,
                hazard=code.hazard or None,
                component=_components(supply.composition),
                packing=item.get("packing") or supply.packaging,
                packages=item.get("packages"),
                quantity_kg=item["quantity_t"],
                containers=item.get("containers") or [],
            )
        )
    return lines


def _components(composition: Sequence[dict[str, Any]]) -> str | None:
    return "、".join(component["component"] for component in composition) or None


def is_hazardous(codes: dict[int, CatalogueCode]) -> bool:
    return any(code.hazardous for code in codes.values())


def kg_by_deal(lines: Iterable[ManifestLine], column: str = "quantity_kg") -> dict[UUID, int]:
    """The kilograms of each deal in a column of the lines, deals in the order in which they are locked."""
    found: dict[UUID, int] = {}
    for line in lines:
        found[line.deal_id] = found.get(line.deal_id, 0) + (getattr(line, column) or 0)
    return dict(sorted(found.items()))


def draft_notices(row: Manifest, found: Iterable[Deal]) -> list[Notice]:
    """What is odd about a draft: heavier than a vehicle may be, or planned outside of a deal's days."""
    notices = heavy_notices(row.planned_kg, "quantity_t")
    for deal in found:
        if not deal.from_day <= row.planned_on <= deal.until_day:
            facts = {"first": deal.from_day, "last": deal.until_day, "number": deal.number}
            notices.append(Notice("outside_deal_window", "planned_on", facts))
    return notices + payload_notices(row, row.planned_kg)


def payload_notices(row: Manifest, kg: int) -> list[Notice]:
    """A warning where the vehicle is registered for less than it is to carry."""
    vehicle = transporters.find_vehicle(row.transporter_id, row.vehicle) if row.vehicle else None
    if vehicle is None or vehicle.payload_kg is None or vehicle.payload_kg >= kg:
        return []
    return [Notice("over_payload", "vehicle", {"payload": vehicle.payload_kg / 1000, "tonnes": kg / 1000})]
