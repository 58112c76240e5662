"""The European list of waste."""

from __future__ import annotations

import re
from pathlib import Path

from seed.catalogue.files import EU, Unique
from seed.catalogue.rows import CodeRow
from seed.table import Record, records

_EU_CODES = ("chapter", "subchapter", "code", "hazardous", "name_en")


def read_eu(path: Path | str = EU, edition: str = "2014/955/EU") -> tuple[CodeRow, ...]:
    """Scheme `eu-low`: chapters, subchapters and codes, spaces kept ("01 01 01").

    Raises:
        SeedError: the first malformed row.
    """
    header = (*_EU_CODES, "chapter_name", "subchapter_name", "entry_type")
    kinds = [
        f"{kind} {hazard}" for kind in ("absolute", "mirror") for hazard in ("hazardous", "non-hazardous")
    ]
    rows = Unique()
    for record in records(Path(path), header):
        chapter = record.matching("chapter", re.compile("[0-9]{2}"), "a chapter NN")
        subchapter = record.matching(
            "subchapter", re.compile(f"{chapter} [0-9]{{2}}"), f"a subchapter of {chapter}"
        )
        code = record.matching("code", re.compile(f"{subchapter} [0-9]{{2}}"), f"a code of {subchapter}")
        hazardous = record.boolean("hazardous")
        if record.one_of("entry_type", kinds).endswith("non-hazardous") == hazardous:
            raise record.error("entry_type", f"contradicts hazardous = {str(hazardous).lower()}")
        rows.heading(record, "chapter", _eu_row(record, chapter, "chapter", None, "chapter_name", edition))
        rows.heading(
            record,
            "subchapter",
            _eu_row(record, subchapter, "subchapter", chapter, "subchapter_name", edition),
        )
        rows.add(record, "code", _eu_row(record, code, "code", subchapter, "name_en", edition, hazardous))
    return rows.all()


def _eu_row(
    record: Record,
    code: str,
    level: str,
    parent: str | None,
    name: str,
    edition: str,
    hazardous: bool = False,
) -> CodeRow:
    return CodeRow(
        scheme="eu-low",
        code=code,
        level=level,
        parent=parent,
        name_zh="",
        name_en=record.text(name),
        industry="",
        hazardous=hazardous,
        hazard="",
        edition=edition,
        evidence="three_places",
        tradable=True,
    )
