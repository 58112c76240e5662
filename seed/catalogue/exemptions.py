"""The exemption list of the hazardous catalogue (危险废物豁免管理清单)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from seed.catalogue.files import EXEMPTIONS
from seed.catalogue.hazardous_waste import HW_CATEGORY, HW_CODE
from seed.catalogue.rows import CodeRow, ExemptionRow
from seed.table import Record, records

STAGES = {"收集": "collect", "运输": "transport", "利用": "use", "处置": "dispose", "全部环节": "all"}


def read_exemptions(
    path: Path | str = EXEMPTIONS, edition: str = "2021", *, known: Iterable[CodeRow] | None = None
) -> tuple[ExemptionRow, ...]:
    """The exemption list of the hazardous catalogue, one row an item, waste and stage.

    Args:
        known: rows of `cn-hw` that the codes must be among; not checked, if not given.
    Raises:
        SeedError: the first malformed row.
    """
    header = ("item", "codes", "waste_zh", "stage_zh", "condition_zh", "content_zh")
    catalogue = None if known is None else frozenset(row.code for row in known)
    found: dict[ExemptionRow, None] = {}
    for record in records(Path(path), header):
        row = ExemptionRow(
            item=int(record.matching("item", re.compile("[1-9][0-9]?"), "an item number")),
            codes=_exempt_codes(record, catalogue),
            waste_zh=record.text("waste_zh"),
            stages=frozenset(_stages(record)),
            condition_zh=record.text("condition_zh"),
            content_zh=record.text("content_zh"),
            edition=edition,
        )
        if row in found:
            raise record.error("item", f"the same row of item {row.item} is listed above")
        found[row] = None
    return tuple(found)


def _exempt_codes(record: Record, catalogue: frozenset[str] | None) -> tuple[str, ...]:
    parts = [part for part in record.optional("codes").split(";") if part.isascii() and part]
    for code in parts:
        if not (HW_CODE.fullmatch(code) or HW_CATEGORY.fullmatch(code)):
            raise record.error("codes", f"{code!r} is neither a code NNN-NNN-NN nor a category HWnn")
        if catalogue is not None and code not in catalogue:
            raise record.error("codes", f"{code} is not in cn-hw")
    return tuple(parts)


def _stages(record: Record) -> list[str]:
    words = record.text("stage_zh").split("、")
    unknown = [word for word in words if word not in STAGES]
    if unknown:
        raise record.error("stage_zh", f"{unknown[0]!r} is not one of {', '.join(STAGES)}")
    return [STAGES[word] for word in words]
