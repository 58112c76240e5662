"""The national catalogue of hazardous waste (国家危险废物名录)."""

from __future__ import annotations

import re
from pathlib import Path

from seed.catalogue.files import HAZARDOUS, Unique
from seed.catalogue.rows import NEVER_TRADED, CodeRow
from seed.table import Record, records

HW_CATEGORY = re.compile(r"HW[0-9]{2}")
HW_CODE = re.compile(r"[0-9]{3}-[0-9]{3}-[0-9]{2}")
HAZARD = re.compile(r"(T|C|I|R|In)([,/](T|C|I|R|In))*")


def read_hazardous(path: Path | str = HAZARDOUS, edition: str = "2021") -> tuple[CodeRow, ...]:
    """Scheme `cn-hw`: categories HWnn and their codes. Medical waste (HW01) is not tradable.

    Raises:
        SeedError: the first malformed row.
    """
    header = ("category", "category_name", "industry", "code", "name_zh", "hazard", "hazard_official")
    rows = Unique()
    for record in records(Path(path), header):
        category = record.matching("category", HW_CATEGORY, "a category HWnn")
        tradable = category != NEVER_TRADED
        rows.heading(record, "category", _hazardous_category(record, category, edition, tradable))
        code = record.matching("code", HW_CODE, "a code NNN-NNN-NN")
        if code[-2:] != category[-2:]:
            raise record.error("code", f"{code} does not end in the digits of {category}")
        hazard = record.matching("hazard_official", HAZARD, "letters T, C, I, R, In joined by , or /")
        if record.text("hazard") != hazard.replace("/", ","):
            raise record.error("hazard", f"does not list the letters of {hazard!r}")
        name, industry = record.text("name_zh"), record.text("industry")
        rows.add(
            record,
            "code",
            CodeRow(
                "cn-hw",
                code,
                "code",
                category,
                name,
                "",
                industry,
                True,
                hazard,
                edition,
                "official",
                tradable,
            ),
        )
    return rows.all()


def _hazardous_category(record: Record, category: str, edition: str, tradable: bool) -> CodeRow:
    name = record.text("category_name")
    return CodeRow("cn-hw", category, "category", None, name, "", "", True, "", edition, "official", tradable)
