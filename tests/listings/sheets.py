"""Sheets as tests write them: rows by column, as CSV or XLSX, sent as an enterprise would."""

import csv
import io
from typing import Any

from openpyxl import Workbook

from tests.marketplace import Party

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SUPPLY = {
    "类型": "供应", "名称": "稀硫酸 20%", "废物代码": "900-349-34", "数量": "1200", "单位": "吨",
    "最小批量": "20", "付款方": "供货方付款", "单价": "150",
    "起始日期": "2026-12-01", "截止日期": "2027-05-31",
}  # fmt: skip
DEMAND = {
    "kind": "demand", "title": "waste acid wanted", "waste codes": "HW34; 336-064-17", "quantity": "500",
    "unit": "t", "min lot": "5", "who pays": "negotiable", "available from": "2026-12-01",
    "available until": "2027-05-31", "treatment": "R5", "composition": "H2SO4 18-22 %; Fe <1 %",
}  # fmt: skip


def cells(*rows: dict[str, Any]) -> list[list[Any]]:
    """Headings and rows; a heading that any row has is a column."""
    heads = list(dict.fromkeys(name for row in rows for name in row))
    return [heads, *([row.get(name, "") for name in heads] for row in rows)]


def csv_of(*rows: dict[str, Any], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(cells(*rows))
    return out.getvalue().encode(encoding)


def xlsx_of(*rows: dict[str, Any], change: Any = None) -> bytes:
    """A workbook of these rows; `change(sheet)` may do more to it."""
    book = Workbook()
    for row in cells(*rows):
        book.active.append([cell if cell != "" else None for cell in row])
    if change:
        change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(party: Party, sheet: bytes, headers: dict[str, str] | None = None, **options: Any) -> Any:
    """POST /listings/import with the sheet as body."""
    kind = XLSX if sheet.startswith(b"PK") else CSV
    return party.call(
        "POST", "/listings/import", data=sheet, content_type=kind, query_string=options, headers=headers or {}
    )


def faults(answer: Any) -> set[tuple[int, str, str]]:
    """(row, column, code) of everything that a sheet was refused for."""
    assert (answer.status_code, answer.json["code"]) == (422, "import_refused"), answer.json
    return {(fault["row"], fault["column"], fault["code"]) for fault in answer.json["rows"]}
