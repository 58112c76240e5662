"""Drafts changed, and until the pickup the official number and the transporter; manifests copied."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...deals import service as deals
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...errors import Conflict, Invalid, Notice
from ...events.actor import Actor
from ...transporters import service as transporters
from ..models import Manifest, ManifestLine, ManifestStatus, Part
from .drafting import (
    OF_LINE,
    PLAIN,
    draft,
    draft_notices,
    is_hazardous,
    kg_by_deal,
    known_deals,
    new_lines,
    only_route,
    require_future,
    require_loadable,
)
from .numbers import require_official_number
from .sealing import seal
from .steps import Step, lock_deals, step

PLAN = ("vehicle", "driver", "escort", "planned_at")
"""What a transporter plans; another one plans anew."""
COPIED = ("emergency",)
COPIED_OF_LINE = ("packages", "packing")
RECORDED = (*PLAIN, "official_number", "transporter_id", "planned_kg")


def change(
    actor: Actor, manifest_id: UUID, data: dict[str, Any], expected: int | None
) -> tuple[Manifest, list[Notice]]:
    """Change a draft; until the pickup also the official number and the transporter.

    Args:
        expected: the version that the caller has read, None for any.
    Raises:
        NotFound, PreconditionFailed. Invalid: a field breaks a rule.
        Conflict: `not_your_turn`, `wrong_state`, `not_enough_left`, or the official number is another
            manifest's (`official_number_taken`).
    """
    reason = data.pop("reason", None)
    with step(actor, manifest_id, _move_of(data), reason) as made:
        row = made.row
        enterprises.require_version(row, expected)
        before = {field: getattr(row, field) for field in RECORDED}
        if data.get("official_number"):
            _set_official_number(row, data["official_number"])
        if data.get("transporter_id"):
            _set_carrier(row, data["transporter_id"])
        found = _apply_terms(made, data)
        made.detail["changes"] = {
            field: [str(old), str(getattr(row, field))]
            for field, old in before.items()
            if old != getattr(row, field)
        }
        row.updated_at = clock.now()
        if row.status == ManifestStatus.ISSUED:
            made.work.session.flush()
            seal(made.work, actor, row, Part.SENDER, "change", reason=reason)
    return row, draft_notices(row, found)


def _move_of(data: dict[str, Any]) -> str:
    """The move that these changes are."""
    if data.keys() == {"official_number"}:
        return "register_number"
    return "change_carrier" if data and data.keys() <= {"transporter_id", "official_number"} else "change"


def _set_official_number(row: Manifest, number: str) -> None:
    require_official_number(number, row.region)
    taken = select(Manifest.id).where(
        Manifest.official_number == number,
        Manifest.id != row.id,
        Manifest.status != ManifestStatus.CANCELLED,
    )
    if db.session.scalar(taken):
        raise Conflict("official_number_taken", at="official_number", number=number)
    row.official_number = number


def _set_carrier(row: Manifest, transporter_id: UUID) -> None:
    """Name another transporter, who plans anew."""
    transporters.require_transporter(transporter_id)
    if transporter_id == row.transporter_id:
        return
    row.transporter_id = transporter_id
    for name in PLAN:
        setattr(row, name, None)
    row.requested_at = clock.now() if row.status == ManifestStatus.REQUESTED else row.requested_at


def _apply_terms(made: Step, data: dict[str, Any]) -> Iterable[Deal]:
    """Apply what only a draft may change. Returns: the deals of its lines where they were looked at."""
    row = made.row
    if data.get("planned_on"):
        require_future(data["planned_on"])
    for name in PLAIN:
        if name in data:
            setattr(row, name, data[name])
    of_line = {name: data[name] for name in OF_LINE if name in data}
    if row.origin_id is not None:
        _require_refused_tonnes(row, data)
    if of_line and data.get("lines"):
        raise Invalid("lines_or_one", at="lines")
    if of_line:
        if len(row.lines) > 1:
            raise Invalid("lines_or_one", at=next(iter(of_line)))
        (line,) = row.lines
        if row.origin_id is not None:
            _pack_anew(line, of_line)
            return []
        as_is = {"deal_id": line.deal_id, "quantity_t": line.quantity_kg}
        as_is |= {name: getattr(line, name) for name in ("packages", "packing", "containers")}
        return _replace_lines(made, [as_is | of_line])
    return _replace_lines(made, data["lines"]) if data.get("lines") else []


def _require_refused_tonnes(row: Manifest, data: dict[str, Any]) -> None:
    """Refuse other tonnes than were refused: the manifest that takes them takes all of them, and no more."""
    is_other = data.get("quantity_t", row.planned_kg) != row.planned_kg
    if is_other or data.get("lines"):
        raise Conflict("takes_what_was_refused", at="quantity_t" if is_other else "lines")


def _pack_anew(line: ManifestLine, of_line: dict[str, Any]) -> None:
    for name in of_line.keys() - {"quantity_t"}:
        setattr(line, name, (of_line[name] or []) if name == "containers" else of_line[name])


def _replace_lines(made: Step, stated: list[dict[str, Any]]) -> Iterable[Deal]:
    """Plan other tonnes on the deals than before."""
    row, work = made.row, made.work
    known_deals(made.actor, stated)
    before = kg_by_deal(row.lines)
    by_id = lock_deals(work, before.keys() | {line["deal_id"] for line in stated})
    named = {line["deal_id"]: by_id[line["deal_id"]] for line in stated}
    for deal in named.values():
        require_loadable(made.actor, deal, "-")
    first = only_route(named.values())
    if (first.supplier_id, first.receiver_id) != (row.sender_id, row.receiver_id):
        raise Invalid("one_sender", at="lines")
    codes = catalogue.codes_by_id({deal.code_id for deal in named.values()})
    lines = new_lines(named, codes, stated)
    after = kg_by_deal(lines)
    for deal_id, deal in by_id.items():
        deals.replan_load(work, deal, before.get(deal_id, 0), after.get(deal_id, 0))
    row.lines.clear()
    work.session.flush()
    row.lines = lines
    row.planned_kg = sum(line.quantity_kg for line in lines)
    row.hazardous = is_hazardous(codes)
    return named.values()


def copy(actor: Actor, manifest_id: UUID, reason: str | None) -> tuple[Manifest, list[Notice]]:
    """Draft another load like one before, of whatever state: the same lines, transporter and measures.

    Not copied: both numbers, containers (each is labelled once), vehicle and people, the day (today), weights
    that were measured, signatures, notes. The copy says of which manifest it is one.

    Raises: as `draft`.
    """
    source = db.session.get_one(Manifest, manifest_id)
    lines = [
        {"deal_id": line.deal_id, "quantity_t": line.quantity_kg}
        | {name: getattr(line, name) for name in COPIED_OF_LINE}
        for line in source.lines
    ]
    terms = {name: getattr(source, name) for name in COPIED}
    return draft(
        actor,
        {
            "transporter_id": source.transporter_id,
            "planned_on": clock.today(),
            "lines": lines,
            "reason": reason,
            "copied_from_id": source.id,
            **terms,
        },
    )
