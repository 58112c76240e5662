"""The workbook that an enterprise fills in: headings, drop-downs, an example row, a page of help."""

import io
from datetime import date, timedelta
from typing import Any

from .... import clock
from ....catalogue import service as catalogue
from ....messages import say
from .importing import MOST_ROWS
from .sheet_rows import OUR_OTHER_SHEETS
from .vocabulary import CHINESE, COLUMNS, ENGLISH, EXAMPLE_TITLE, REQUIRED, WORDS, both

CODES_SHEET, HELP_SHEET = OUR_OTHER_SHEETS
LAST_ROW = MOST_ROWS + 2
"""The headings, the example and as many listings as one sheet may hold."""
TEXT_COLUMNS = ("waste_codes", "scheme", "region", "composition", "title", "treatment")
DAY_COLUMNS = ("available_from", "available_until")
SHOWN = [name for name, column in COLUMNS.items() if column.offered and not column.export_only]
HELP = (
    "all_or_none", "example", "required", "codes", "unit", "price", "days_and_places", "composition",
    "formulas", "file",
)  # fmt: skip
"""Of the sentences `template_...`, in the order of the page."""


def template() -> bytes:
    """The template as an XLSX file, with the codes that the catalogue has today."""
    from openpyxl import Workbook  # here and below: only who needs it should pay for it

    book = Workbook()
    sheet = book.active
    sheet.title = "填写 Listings"
    _fill(sheet, _example(clock.today()))
    _drop_downs(book, sheet, _write_codes(book.create_sheet(CODES_SHEET)))
    _write_help(book.create_sheet(HELP_SHEET))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _example(today: date) -> dict[str, Any]:
    return {
        "kind": both(*WORDS["kind"]["supply"]),
        "title": EXAMPLE_TITLE,
        "waste_codes": "900-349-34",
        "scheme": "cn-hw",
        "quantity": 1200,
        "unit": both(*WORDS["unit"]["t"]),
        "min_lot": 20,
        "who_pays": both(*WORDS["who_pays"]["supplier"]),
        "price_per_tonne": 150,
        "available_from": today,
        "available_until": today + timedelta(days=180),
        "region": "330604",
        "lon": 120.87,
        "lat": 30.12,
        "crs": both(*WORDS["crs"]["wgs84"]),
        "max_distance_km": 200,
        "form": both(*WORDS["form"]["liquid"]),
        "packaging": both(*WORDS["packaging"]["tank"]),
        "composition": "H2SO4 18-22 %; Fe <1 %",
    }


def _fill(sheet: Any, example: dict[str, Any]) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for place, name in enumerate(SHOWN, start=1):
        column = COLUMNS[name]
        head = sheet.cell(1, place, both(column.zh, column.en) + (REQUIRED if column.required else ""))
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="FFE699" if column.required else "DDEBF7")
        cell = sheet.cell(2, place, example.get(name))
        cell.font = Font(italic=True, color="808080")
        whole = sheet.column_dimensions[get_column_letter(place)]
        whole.width = 44 if name == "title" else 24
        for styled in (whole, cell):
            if name in TEXT_COLUMNS:
                styled.number_format = "@"
            elif name in DAY_COLUMNS:
                styled.number_format = "yyyy-mm-dd"


def _write_codes(sheet: Any) -> int:
    """All codes that may be traded, with their names. Returns how many."""
    codes = catalogue.tradable_codes()
    sheet.append(
        [both(COLUMNS["waste_codes"].zh, "code"), both(COLUMNS["scheme"].zh, "scheme"), "名称 / name"]
    )
    for code in codes:
        sheet.append([code.code, code.scheme, code.name_zh or code.name_en])
    for letter, width in (("A", 20), ("B", 16), ("C", 80)):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    return len(codes)


def _drop_downs(book: Any, sheet: Any, codes: int) -> None:
    """Words must be of the list; codes are offered, because a demand may name several."""
    from openpyxl.utils import get_column_letter
    from openpyxl.workbook.defined_name import DefinedName
    from openpyxl.worksheet.datavalidation import DataValidation

    book.defined_names["codes"] = DefinedName("codes", attr_text=f"'{CODES_SHEET}'!$A$2:$A${codes + 1}")
    offered = {name: _inline(name) for name in WORDS} | {"waste_codes": "=codes"}
    for name, source in offered.items():
        strict = name != "waste_codes"
        rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=strict)
        letter = get_column_letter(SHOWN.index(name) + 1)
        rule.add(f"{letter}2:{letter}{LAST_ROW}")
        sheet.add_data_validation(rule)


def _inline(name: str) -> str:
    return '"' + ",".join(both(chinese, english) for chinese, english in WORDS[name].values()) + '"'


def _write_help(sheet: Any) -> None:
    from openpyxl.styles import Alignment

    for name in HELP:
        for language in (CHINESE, ENGLISH):
            sheet.append([say(f"template_{name}", language, most=f"{MOST_ROWS:,}")])
            sheet.cell(sheet.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.append([])
    sheet.column_dimensions["A"].width = 110
