"""The tables of a finished plan, page by page: placements, what stays unplaced, and gaps."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

import matching

from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict
from ...licences import service as licences
from ...listings import service as listings
from ...matches import service as matches
from ...messages import say
from ..models import Allocation, AllocationStatus, Gap, Placement, Unplaced

FIRST_GAPS = 10


def first_gaps(row: Allocation) -> list[dict[str, Any]]:
    """The `FIRST_GAPS` gaps with the most unplaced kilograms; none before the plan is done."""
    return items_after(row, "gaps", 0, FIRST_GAPS)


def plan_items(row: Allocation, table: str, after: int, limit: int) -> list[dict[str, Any]]:
    """At most `limit` items of `placements`, `unplaced` or `gaps` behind the position `after`.

    Raises:
        Conflict: the plan is not done (`allocation_not_done`).
    """
    require_done(row)
    return items_after(row, table, after, limit)


def require_done(row: Allocation) -> None:
    """Raises: Conflict: the plan is not done (`allocation_not_done`)."""
    if row.status != AllocationStatus.DONE:
        raise Conflict("allocation_not_done", status=AllocationStatus(row.status))


def items_after(row: Allocation, table: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Items of a table behind a position, whatever the status of the plan."""
    model, present = TABLES[table]
    query = select(model).where(model.allocation_id == row.id, model.position > after)
    return present(db.session.scalars(query.order_by(model.position).limit(limit)).all())


def unplaced_reason(reason: str, gate: str | None, language: str) -> str:
    """Why tonnes stay unplaced, as a sentence in that language."""
    sentence = say(f"unplaced_{reason}", language)
    return f"{sentence} {say(f'unplaced_gate_{gate}', language)}" if gate else sentence


# ---------------------------------------------------------------- items


def _placement_items(placements: Sequence[Placement]) -> list[dict[str, Any]]:
    shown = _shown_listings({row.supply_id for row in placements} | {row.demand_id for row in placements})
    return [
        {
            "position": row.position,
            "supply": shown[row.supply_id],
            "demand": shown[row.demand_id],
            "waste": shown[row.supply_id]["waste"],
            "kg": row.kg,
            "score": row.score,
            "distance_km": row.distance_km,
            "year": row.year,
            "legal_basis": {
                "kind": row.basis,
                "reference": document.number if document and row.permit_id else None,
                "edition": shown[row.supply_id]["edition"],
                **licences.paper_of(document),
            },
            "warnings": matches.warning_notices(
                matching.Warn(row.warnings),
                matching.Basis[row.basis.upper()],
                matches.transfer_day(date(row.year, 1, 1)),
            ),
        }
        for row, document in zip(placements, _documents_of(placements), strict=True)
    ]


def _documents_of(placements: Sequence[Placement]) -> list[licences.LegalDocument | None]:
    """The document that each placement rests on, if it needs one."""
    asked = _exemptions_of(placements)
    documents = licences.LegalDocuments(
        (row.permit_id for row in placements if row.permit_id),
        [(holder, item) for holder, item, _ in asked.values()],
    )
    return [
        documents.of_exemption(*asked[row.position])
        if row.position in asked
        else documents.of_permit(row.permit_id)
        for row in placements
    ]


def _exemptions_of(placements: Sequence[Placement]) -> dict[int, tuple[UUID, int, set[int]]]:
    """Of exempt placements by position: holder, item, and every code that stands for the supply's."""
    exempt = [row for row in placements if row.basis == matching.Basis.EXEMPT.name.lower()]
    if not exempt:
        return {}
    rows = listings.by_id({listing_id for row in exempt for listing_id in (row.supply_id, row.demand_id)})
    covering: dict[int, set[int]] = {}
    for alias in catalogue.aliases_of({rows[row.supply_id].code_id or 0 for row in exempt}):
        covering.setdefault(alias.code_id, set()).add(alias.alias_id)
    return {
        row.position: (
            rows[row.demand_id].enterprise_id,
            rows[row.demand_id].exemption_item or 0,
            covering[rows[row.supply_id].code_id or 0],
        )
        for row in exempt
    }


def _unplaced_items(unplaced: Sequence[Unplaced]) -> list[dict[str, Any]]:
    shown = _shown_listings({row.supply_id for row in unplaced})
    return [
        {
            "position": row.position,
            "supply": shown[row.supply_id],
            "waste": shown[row.supply_id]["waste"],
            "kg": row.kg,
            "of_kg": row.of_kg,
            "reason": row.reason,
            "gate": row.gate,
        }
        for row in unplaced
    ]


def _gap_items(gaps: Sequence[Gap]) -> list[dict[str, Any]]:
    codes = catalogue.codes_by_id({row.code_id for row in gaps})
    regions = catalogue.regions_by_code({row.region for row in gaps})
    return [
        {
            "position": row.position,
            "waste": _code_ref(codes[row.code_id]),
            "name": codes[row.code_id].name_zh or codes[row.code_id].name_en,
            "region": row.region,
            "region_name": regions[row.region].name_zh,
            "supply_kg": row.supply_kg,
            "unplaced_kg": row.no_lawful_way_kg + row.no_capacity_kg + row.below_lot_kg,
            "no_lawful_way_kg": row.no_lawful_way_kg,
            "no_capacity_kg": row.no_capacity_kg,
            "below_lot_kg": row.below_lot_kg,
            "price": row.price,
        }
        for row in gaps
    ]


def _shown_listings(ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    """What a plan shows of listings, by id; all fetched together."""
    rows = listings.by_id(ids)
    owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
    codes = catalogue.codes_by_id({row.code_id for row in rows.values() if row.code_id})
    return {
        row.id: {
            "id": row.id,
            "title": row.title,
            "region": row.region,
            "enterprise": enterprises.reference_to(owners[row.enterprise_id]),
            "waste": _code_ref(codes[row.code_id]) if row.code_id else None,
            "edition": codes[row.code_id].edition if row.code_id else None,
        }
        for row in rows.values()
    }


def _code_ref(code: Any) -> dict[str, str]:
    return {"scheme": code.scheme, "code": code.code}


class PlanTable(NamedTuple):
    """A table of a plan: the rows as stored, and how they are shown as items."""

    model: Any
    present: Callable[[Sequence[Any]], list[dict[str, Any]]]


TABLES = {
    "placements": PlanTable(Placement, _placement_items),
    "unplaced": PlanTable(Unplaced, _unplaced_items),
    "gaps": PlanTable(Gap, _gap_items),
}
