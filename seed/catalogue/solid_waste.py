"""The solid-waste catalogue of 2024 (固体废物分类与代码目录)."""

from __future__ import annotations

import re
from pathlib import Path

from seed.catalogue.files import SOLID, Unique
from seed.catalogue.rows import EVIDENCE, CodeRow
from seed.table import Record, records

SW_CATEGORY = re.compile(r"SW[0-9]{2}")
SW_CODE = re.compile(r"[0-9]{3}-[0-9]{3}-S[0-9]{2}")


def read_solid(path: Path | str = SOLID, edition: str = "2024") -> tuple[CodeRow, ...]:
    """Scheme `cn-sw`: categories SWnn (class1 in `industry`), and codes where the file has any.

    The file that ships has categories only; the official table, one row a code, loads the same way.

    Raises:
        SeedError: the first malformed row.
    """
    header = ("class1", "category", "category_name", "industry", "code", "name_zh", "description", "evidence")
    rows = Unique()
    for record in records(Path(path), header):
        category = record.matching("category", SW_CATEGORY, "a category SWnn")
        heading = _solid_row(record, category, "category", None, "category_name", "class1", edition)
        if not record.optional("code"):
            rows.add(record, "category", heading)
            continue
        rows.heading(record, "category", heading)
        code = record.matching("code", SW_CODE, "a code NNN-NNN-SNN")
        if code[-2:] != category[-2:]:
            raise record.error("code", f"{code} does not end in the digits of {category}")
        rows.add(record, "code", _solid_row(record, code, "code", category, "name_zh", "industry", edition))
    return rows.all()


def _solid_row(
    record: Record, code: str, level: str, parent: str | None, name: str, industry: str, edition: str
) -> CodeRow:
    evidence = record.one_of("evidence", EVIDENCE)
    return CodeRow(
        scheme="cn-sw",
        code=code,
        level=level,
        parent=parent,
        name_zh=record.text(name),
        name_en="",
        industry=record.text(industry),
        hazardous=False,
        hazard="",
        edition=edition,
        evidence=evidence,
        tradable=True,
    )
