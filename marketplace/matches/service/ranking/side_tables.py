"""The tables beside the listings: codes, permits, white list, exemptions."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from matching import (
    Approvals,
    Code,
    Demands,
    ExemptionList,
    Mode,
    Permits,
    Supplies,
    Tables,
    VerifiedExemptions,
    WhiteList,
)

from ....catalogue import service as catalogue
from ....licences import service as licences
from .component_ranges import read_ranges

STAGE_MODES = {"use": 1 << Mode.USE, "dispose": 1 << Mode.DISPOSE, "all": 1 << Mode.USE | 1 << Mode.DISPOSE}
"""The modes of treatment that a stage of the exemption list frees, as a mask."""


def tables_beside(
    book: dict[int, Code],
    supplies: Supplies,
    composed: np.ndarray,
    demands: Demands,
    required: np.ndarray,
    alive_on: date,
) -> Tables:
    """The tables beside these listings, with the permits that last until `alive_on`.

    Args:
        composed: `no` of the supplies that state components.
        required: `no` of the demands that require some.
    """
    codes = {alias for code in book.values() for alias in code.aliases}
    is_hazardous = any(code.hazardous for code in book.values())
    read = licences.permit_tables if is_hazardous else licences.approvals_only
    receivers = np.unique(demands.enterprise).tolist()
    return replace(
        tables_of(read(codes, receivers, alive_on) if codes and receivers else None, book),
        stated=read_ranges("composition", composed),
        required=read_ranges("requires", required),
    )


def tables_of(permit_tables: licences.PermitTables | None, book: Mapping[int, Code]) -> Tables:
    """Columns of `permit_tables` and the exemptions of the codes in `book`, without ranges of listings."""
    covered = {alias for code in book.values() if code.hazardous for alias in code.aliases}
    bare = replace(Tables.empty(book), exemptions=_exemptions(covered))
    if permit_tables is None:
        return bare
    permits = dict(permit_tables.permits)
    permits["capacity"] = permits.pop("no")
    entry, row = _join(permit_tables.usage["no"], permits["capacity"])
    return replace(
        bare,
        permits=Permits(
            **permits,
            usage_permit=row,
            usage_year=permit_tables.usage["year"][entry],
            usage_kg=permit_tables.usage["kg"][entry],
        ),
        approvals=Approvals(**permit_tables.approvals),
        white_list=WhiteList(**permit_tables.white_list),
        verified=VerifiedExemptions(**permit_tables.verified),
    )


def whole_book() -> dict[int, Code]:
    """What matching must know of every code."""
    return book_of(catalogue.all_code_ids())


def book_of(ids: Iterable[int]) -> dict[int, Code]:
    """What matching must know of these supply codes."""
    ids = list(ids)
    aliases: dict[int, dict[int, float]] = {code_id: {} for code_id in ids}
    for alias in catalogue.aliases_of(ids):
        known = aliases[alias.code_id]
        known[alias.alias_id] = max(alias.factor, known.get(alias.alias_id, 0.0))
    return {
        row.id: Code(
            row.scheme, row.code, row.category, row.hazardous, row.tradable, row.edition, aliases[row.id]
        )
        for row in catalogue.codes_for_matching(ids)
    }


def _join(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (i, j) of every pair with left[i] == right[j]."""
    by_value = np.argsort(right, kind="stable")
    first = np.searchsorted(right[by_value], left, "left")
    count = np.searchsorted(right[by_value], left, "right") - first
    rows = np.repeat(np.arange(len(left)), count)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows, by_value[np.repeat(first, count) + within]


def _exemptions(covered: set[int]) -> ExemptionList:
    rows = catalogue.exemption_rows(covered) if covered else []
    return ExemptionList(
        item=np.array([row.item for row in rows], np.int16),
        code=np.array([row.code_id for row in rows], np.int32),
        modes=np.array([_modes(row.stages) for row in rows], np.uint8),
    )


def _modes(stages: str) -> int:
    """The bits of the modes that the comma-separated stages of an exemption cover."""
    bits = 0
    for stage in stages.split(","):
        bits |= STAGE_MODES.get(stage, 0)
    return bits
