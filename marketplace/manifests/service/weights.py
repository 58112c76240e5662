"""Weights of a load: divided among its lines, and compared with what was stated before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matching import KG_PER_T

from ... import clock
from ...database import db
from ...errors import Invalid, Notice
from ..models import HEAVIEST_KG, Manifest, ManifestLine, ManifestMismatch, MismatchKind, WeightTolerance

PER_MILLE = 1000


def divided(kg: int, shares: Sequence[int]) -> list[int]:
    """`kg` divided in proportion to `shares`; what is left over goes to the largest remainders."""
    total = sum(shares)
    parts = [kg * share // total for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda place: -(kg * shares[place] % total))
    for place in by_remainder[: kg - sum(parts)]:
        parts[place] += 1
    return parts


def divided_within(kg: int, shares: Sequence[int], limits: Sequence[int]) -> list[int]:
    """`kg` divided in proportion to `shares`, no part above its limit; what is over goes where room is left.

    Args:
        limits: of each part; together at least `kg`.
    """
    parts = divided(kg, shares) if any(shares) else [0] * len(shares)
    parts = [min(part, limit) for part, limit in zip(parts, limits, strict=True)]
    if over := kg - sum(parts):
        room = [limit - part for part, limit in zip(parts, limits, strict=True)]
        parts = [part + more for part, more in zip(parts, divided(over, room), strict=True)]
    return parts


def weights_of(lines: Sequence[ManifestLine], data: dict[str, Any], name: str, base: str) -> list[int]:
    """The weight of each line: as stated for it, or its part of the weight of the load.

    Args:
        data: the body; `data["lines"]` may state each line by its `no`.
        name: the field, such as `weight_t`.
        base: the column of a line by which a weight of the whole load is divided.
    Raises:
        Invalid: a line is missing or unknown, or the lines do not add up (`lines_do_not_add_up`).
    """
    total = data[name]
    stated = data.get("lines")
    if not stated:
        return divided(total, [getattr(line, base) or 0 for line in lines]) if total else [0] * len(lines)
    by_no = {item["no"]: item.get(name) or 0 for item in stated}
    if by_no.keys() != {line.no for line in lines} or sum(by_no.values()) != total:
        raise Invalid("lines_do_not_add_up", at="lines", field=name)
    return [by_no[line.no] for line in lines]


def heavy_notices(kg: int, at: str) -> list[Notice]:
    """A question where a plan is heavier than any road vehicle."""
    return [Notice("load_over_one_vehicle", at, {"tonnes": kg / KG_PER_T})] if kg > HEAVIEST_KG else []


def tolerances() -> Sequence[WeightTolerance]:
    """The tolerances that are in force today."""
    in_force = WeightTolerance.is_in_force_on(clock.today())
    return db.session.scalars(select(WeightTolerance).where(in_force)).all()


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a difference of weights is judged."""

    tolerated_kg: int
    significant_kg: int


def judgement(line: ManifestLine, expected_kg: int, rows: Sequence[WeightTolerance]) -> Judgement:
    """What is tolerated of a line, by the row of its form and packing, of its form, or of all."""
    for key in ((line.form, line.packing), (line.form, None), (None, None)):
        for row in rows:
            if (row.form, row.packing) == key:
                tolerated = max(row.least_kg, expected_kg * row.per_mille // PER_MILLE)
                return Judgement(
                    tolerated, max(tolerated, expected_kg * row.significant_per_mille // PER_MILLE)
                )
    return Judgement(0, 0)


def note_mismatches(row: Manifest, significant: bool | None) -> list[ManifestMismatch]:
    """In what the load as received differs from what was picked up: any difference, however small.

    Args:
        significant: what the receiver says; None where it says nothing.
    """
    rows = tolerances()
    found = [mismatch for line in row.lines for mismatch in _weight_mismatch(row, line, rows)]
    found += _packages_mismatch(row)
    if significant and not found:
        found.append(_mismatch(row, None, MismatchKind.KIND, "", "", beyond=True, significant=True))
    for mismatch in found:
        mismatch.significant = mismatch.significant or bool(significant)
    return found


def _weight_mismatch(
    row: Manifest, line: ManifestLine, rows: Sequence[WeightTolerance]
) -> Iterator[ManifestMismatch]:
    expected, found = line.picked_up_kg or 0, line.received_kg or 0
    if expected != found:
        judged, by = judgement(line, expected, rows), abs(expected - found)
        yield _mismatch(
            row, line.no, MismatchKind.WEIGHT, _tonnes(expected), _tonnes(found),
            beyond=by > judged.tolerated_kg, significant=by >= judged.significant_kg,
        )  # fmt: skip


def _packages_mismatch(row: Manifest) -> list[ManifestMismatch]:
    expected, found = row.packages_picked_up, row.packages_received
    if expected is None or found is None or expected == found:
        return []
    return [
        _mismatch(row, None, MismatchKind.PACKAGES, str(expected), str(found), beyond=True, significant=False)
    ]


def _mismatch(
    row: Manifest, line: int | None, kind: MismatchKind, expected: str, found: str, *,
    beyond: bool, significant: bool,
) -> ManifestMismatch:  # fmt: skip
    return ManifestMismatch(
        manifest_id=row.id, line=line, kind=kind, expected=expected, found=found, beyond_tolerance=beyond,
        significant=significant,
    )  # fmt: skip


def _tonnes(kg: int) -> str:
    return f"{kg / KG_PER_T:.3f}"
