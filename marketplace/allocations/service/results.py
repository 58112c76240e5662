"""The parts of a finished plan: page by page, and as files."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

import matching

from ... import spreadsheet_files
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, Notice
from ...licences import service as licences
from ...listings import service as listings
from ...messages import say
from ..models import Allocation, AllocationStatus, Gap, Placement, Unplaced

FIRST_GAPS = 10
BATCH = 500
MOST_XLSX_ROWS = 50_000


def first_gaps(row: Allocation) -> list[dict[str, Any]]:
    """The gaps with the most unplaced tonnes; none before the plan is done."""
    return PARTS["gaps"].present(_rows(row, Gap, 0, FIRST_GAPS))


def plan_items(row: Allocation, name: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Items of `placements`, `unplaced` or `gaps` after a position.

    Raises:
        Conflict: the plan is not done (`allocation_not_done`).
    """
    _require_done(row)
    part = PARTS[name]
    return part.present(_rows(row, part.model, after, limit))


def _require_done(row: Allocation) -> None:
    if row.status != AllocationStatus.DONE:
        raise Conflict("allocation_not_done", status=AllocationStatus(row.status))


def _rows(row: Allocation, model: Any, after: int, limit: int) -> Sequence[Any]:
    query = select(model).where(model.allocation_id == row.id, model.position > after)
    return db.session.scalars(query.order_by(model.position).limit(limit)).all()


# ---------------------------------------------------------------- items


def _placements(rows: Sequence[Placement]) -> list[dict[str, Any]]:
    sides = _sides({one.supply_id for one in rows} | {one.demand_id for one in rows})
    references = licences.references(one.permit_id for one in rows if one.permit_id)
    return [
        {
            "position": one.position,
            "supply": sides[one.supply_id],
            "demand": sides[one.demand_id],
            "waste": sides[one.supply_id]["waste"],
            "kg": one.kg,
            "score": one.score,
            "distance_km": one.distance_km,
            "year": one.year,
            "legal_basis": {
                "kind": one.basis,
                "reference": references.get(one.permit_id) if one.permit_id else None,
            },
            "warnings": [Notice(name) for name in matching.Warn(one.warnings).names],
        }
        for one in rows
    ]


def _unplaced(rows: Sequence[Unplaced]) -> list[dict[str, Any]]:
    sides = _sides({one.supply_id for one in rows})
    return [
        {
            "position": one.position,
            "supply": sides[one.supply_id],
            "waste": sides[one.supply_id]["waste"],
            "kg": one.kg,
            "of_kg": one.of_kg,
            "reason": one.reason,
            "gate": one.gate,
        }
        for one in rows
    ]


def _gaps(rows: Sequence[Gap]) -> list[dict[str, Any]]:
    codes = catalogue.codes_by_id({one.code_id for one in rows})
    regions = catalogue.regions_by_code({one.region for one in rows})
    return [
        {
            "position": one.position,
            "waste": _code(codes[one.code_id]),
            "name": codes[one.code_id].name_zh or codes[one.code_id].name_en,
            "region": one.region,
            "region_name": regions[one.region].name_zh,
            "supply_kg": one.supply_kg,
            "unplaced_kg": one.no_lawful_way_kg + one.no_capacity_kg + one.below_lot_kg,
            "no_lawful_way_kg": one.no_lawful_way_kg,
            "no_capacity_kg": one.no_capacity_kg,
            "below_lot_kg": one.below_lot_kg,
            "price": one.price,
        }
        for one in rows
    ]


def _sides(ids: set[Any]) -> dict[Any, dict[str, Any]]:
    """What a plan shows of listings, all fetched together."""
    rows = listings.by_id(ids)
    owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
    codes = catalogue.codes_by_id({row.code_id for row in rows.values() if row.code_id})
    return {
        row.id: {
            "id": row.id,
            "title": row.title,
            "region": row.region,
            "enterprise": {
                name: getattr(owners[row.enterprise_id], name) for name in ("id", "name", "grade")
            },
            "waste": _code(codes[row.code_id]) if row.code_id else None,
        }
        for row in rows.values()
    }


def _code(row: Any) -> dict[str, str]:
    return {"scheme": row.scheme, "code": row.code}


# ---------------------------------------------------------------- files


class Column(NamedTuple):
    """A column of a file: its name, whether it holds numbers, and the text of an item in a language."""

    name: str
    numeric: bool
    text: Callable[[dict[str, Any], str], str]


class Part(NamedTuple):
    """A part of a plan: its table, its items, its columns in a file."""

    model: Any
    present: Callable[[Sequence[Any]], list[dict[str, Any]]]
    columns: tuple[Column, ...]


def _word(name: str, *path: str) -> Column:
    def text(item: dict[str, Any], language: str) -> str:
        for step in path:
            item = item[step]
        return "" if item is None else str(item)

    return Column(name, False, text)


def _tonnes(name: str, key: str) -> Column:
    return Column(name, True, lambda item, language: f"{item[key] / 1000:.3f}")


def _number(name: str, key: str) -> Column:
    return Column(name, True, lambda item, language: "" if item[key] is None else f"{item[key]:.6g}")


def _side(name: str) -> tuple[Column, ...]:
    return (
        _word(f"{name}_id", name, "id"),
        _word(f"{name}_title", name, "title"),
        _word(f"{name}_enterprise", name, "enterprise", "name"),
        _word(f"{name}_grade", name, "enterprise", "grade"),
        _word(f"{name}_region", name, "region"),
    )


WASTE = (_word("waste_scheme", "waste", "scheme"), _word("waste_code", "waste", "code"))
PARTS = {
    "placements": Part(
        Placement,
        _placements,
        (
            *WASTE,
            _tonnes("tonnes", "kg"),
            *_side("supply"),
            *_side("demand"),
            _number("score", "score"),
            _number("distance_km", "distance_km"),
            _number("year", "year"),
            Column("basis", False, lambda item, language: item["legal_basis"]["kind"]),
            Column("reference", False, lambda item, language: item["legal_basis"]["reference"] or ""),
            Column(
                "warnings",
                False,
                lambda item, language: " ".join(say(one.code, language) for one in item["warnings"]),
            ),
        ),
    ),
    "unplaced": Part(
        Unplaced,
        _unplaced,
        (
            *WASTE,
            _tonnes("unplaced_t", "kg"),
            _tonnes("of_t", "of_kg"),
            *_side("supply"),
            Column(
                "why",
                False,
                lambda item, language: unplaced_reason(item["reason"], item["gate"], language),
            ),
        ),
    ),
    "gaps": Part(
        Gap,
        _gaps,
        (
            *WASTE,
            _word("waste_name", "name"),
            _word("region", "region"),
            _word("region_name", "region_name"),
            _tonnes("supply_t", "supply_kg"),
            _tonnes("unplaced_t", "unplaced_kg"),
            _tonnes("no_lawful_way_t", "no_lawful_way_kg"),
            _tonnes("no_capacity_t", "no_capacity_kg"),
            _tonnes("below_lot_t", "below_lot_kg"),
            _number("price", "price"),
        ),
    ),
}


def unplaced_reason(reason: str, gate: str | None, language: str) -> str:
    """Why tonnes stay, as people read it."""
    sentence = say(f"unplaced_{reason}", language)
    return f"{sentence} {say(f'finding_{gate}', language)}" if gate else sentence


def export_allocation(row: Allocation, name: str, form: str, language: str) -> Iterator[bytes]:
    """A part of a plan as a CSV or XLSX file, piece by piece.

    Raises:
        Conflict: the plan is not done (`allocation_not_done`).
    """
    _require_done(row)
    part = PARTS[name]
    head = [say(f"column_{one.name}", language) for one in part.columns]
    if form == "csv":
        return _csv(row, part, head, language)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    numeric = [one.numeric for one in part.columns]
    rows = (line for batch in _lines(row, part, language) for line in batch)
    spreadsheet_files.write_workbook(file, name, head, numeric, rows, MOST_XLSX_ROWS)
    return spreadsheet_files.pieces(file)


def _csv(row: Allocation, part: Part, head: list[str], language: str) -> Iterator[bytes]:
    yield spreadsheet_files.MARK
    yield spreadsheet_files.csv_lines([head])
    for lines in _lines(row, part, language):
        yield spreadsheet_files.csv_lines(lines)


def _lines(row: Allocation, part: Part, language: str) -> Iterator[list[list[str]]]:
    """Rows of a file, a batch at a time."""
    after, more = 0, True
    while more:
        rows = _rows(row, part.model, after, BATCH)
        yield [_line(part, item, language) for item in part.present(rows)]
        more = len(rows) == BATCH
        after += len(rows)


def _line(part: Part, item: dict[str, Any], language: str) -> list[str]:
    """The texts of a row; none of them runs as a formula."""
    texts = [(one.numeric, one.text(item, language)) for one in part.columns]
    return [text if numeric else spreadsheet_files.harmless(text) for numeric, text in texts]
