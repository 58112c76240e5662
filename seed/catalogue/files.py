"""Where the files are, and the check that nothing is listed twice."""

from __future__ import annotations

from pathlib import Path

from seed.catalogue.rows import CodeRow
from seed.table import Record

DATA = Path(__file__).resolve().parents[1] / "data"
HAZARDOUS = DATA / "cn_hazardous_waste.csv"
EXEMPTIONS = DATA / "cn_hazardous_waste_exemptions.csv"
SOLID = DATA / "cn_solid_waste.csv"
EU = DATA / "eu_list_of_waste.csv"
LOCAL = DATA / "isw_example.csv"
SCHEMES = DATA / "schemes.csv"
OPERATIONS = DATA / "eu_recovery_disposal_operations.csv"
OPERATIONS_ZH = DATA / "treatments_zh.csv"
REGIONS = DATA / "cn_regions.csv"
OUTLINE_CODES = DATA / "outline_codes.csv"


class Unique:
    """Code rows in order, each code once; headings may be met again, unchanged."""

    def __init__(self) -> None:
        self._rows: dict[str, CodeRow] = {}

    def add(self, record: Record, column: str, row: CodeRow) -> None:
        if row.code in self._rows:
            raise record.error(column, f"{row.code} is listed above already")
        self._rows[row.code] = row

    def heading(self, record: Record, column: str, row: CodeRow) -> None:
        before = self._rows.setdefault(row.code, row)
        if (before.name_zh, before.name_en, before.industry) != (row.name_zh, row.name_en, row.industry):
            raise record.error(column, f"{row.code} had another name above")

    def all(self) -> tuple[CodeRow, ...]:
        return tuple(self._rows.values())
