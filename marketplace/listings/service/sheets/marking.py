"""A refused sheet given back as a workbook, with what is to be corrected marked in it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from ....errors import Invalid, InvalidTable
from ....messages import say
from ....spreadsheets.bounds import LAST_COLUMN, Budget, require
from ....spreadsheets.xlsx_parts import column_of
from .headings import MARK_COLUMNS, Layout
from .sheet_rows import Sheet, open_sheet
from .vocabulary import COLUMNS, both
from .xlsx_marks import Marks, marked, text_cell
from .xlsx_plain import PLAIN_SHEET, PLAIN_STYLES, plain_workbook

MOST_MARKED = 30_000_000
"""Bytes of a workbook, unpacked, that is marked; a larger one is answered by the problem alone."""
MOST_LINES = 200_000
"""Lines of a CSV that is marked, blank ones too: they are gone through three times."""
LETTERS = re.compile("[A-Z]{1,3}")

StoredFault = dict[str, Any]
"""A fault as `stored_faults` has it: row, column, code, and its sentence by language."""


def marked_sheet(upload: bytes, faults: Iterable[StoredFault], language: str | None) -> bytes | None:
    """The sheet as XLSX, with two more columns that say what to correct and why, and the cells filled.

    Args:
        language: of the sentences; None for that of the sheet's headings.
    Returns:
        the workbook, None where the sheet is too large to be marked, or too odd.
    """
    sheet = open_sheet(upload)
    if not upload.startswith(b"PK") and upload.count(b"\n") + upload.count(b"\r") > MOST_LINES:
        return None
    with suppress(InvalidTable, Invalid):
        next(sheet.rows(), None)
    if sheet.layout is None or sheet.table is None or sheet.unpacked > MOST_MARKED:
        return None
    try:
        marks = _marks(sheet, sheet.layout, list(faults), language or _language_of(sheet.layout))
        if sheet.table.part:
            return marked(upload, sheet.table.part, sheet.styles, marks)
        return _workbook_of(sheet, marks)
    except (Invalid, ValueError, LookupError):
        return None


def _language_of(layout: Layout) -> str:
    return "en" if all(heading.isascii() for heading in layout.headings.values()) else "zh"


def _marks(sheet: Sheet, layout: Layout, faults: list[StoredFault], language: str) -> Marks:
    texts: dict[int, list[tuple[str, str]]] = defaultdict(list)
    cells: dict[int, set[int]] = defaultdict(set)
    for fault in faults:
        place = _place_of(layout, fault["column"])
        if place is not None:
            cells[fault["row"]].add(place)
        name = _name_of(layout, fault["column"], place, language)
        texts[fault["row"]].append((name, fault["detail"][language]))
    places, are_known = _mark_places(sheet, layout)
    return Marks(
        places=places,
        are_known=are_known,
        headings=tuple(both(COLUMNS[name].zh, COLUMNS[name].en) for name in MARK_COLUMNS),  # type: ignore[arg-type]
        heading_row=layout.number,
        texts={row: _texts(found, language) for row, found in texts.items()},
        cells=cells,
    )


def _texts(found: list[tuple[str, str]], language: str) -> tuple[str, str]:
    """(columns to correct, sentences) of a row."""
    names = list(dict.fromkeys(name for name, _ in found))
    between = "、" if language == "zh" else ", "
    sentences = [say("mark_sentence", language, column=name, detail=detail) for name, detail in found]
    return between.join(names), "\n".join(sentences)


def _place_of(layout: Layout, column: str) -> int | None:
    place = layout.place_of(column)
    return column_of(column) if place is None and LETTERS.fullmatch(column) else place


def _name_of(layout: Layout, column: str, place: int | None, language: str) -> str:
    """What the sheet calls a column, else what the template does."""
    if place is not None and place in layout.headings:
        return layout.headings[place]
    return COLUMNS[column].heading(language) if column in COLUMNS else column


def _mark_places(sheet: Sheet, layout: Layout) -> tuple[tuple[int, int], bool]:
    """(where the two columns are, whether from the last time); else they come behind the last cell."""
    known = {column.name: place for place, column in layout.columns.items()}
    if all(name in known for name in MARK_COLUMNS):
        return (known[MARK_COLUMNS[0]], known[MARK_COLUMNS[1]]), True
    assert sheet.table is not None
    last = max((cell.column for record in sheet.table.records() for cell in record.cells), default=-1)
    return (last + 1, last + 2), False


def _workbook_of(sheet: Sheet, marks: Marks) -> bytes:
    """A CSV as a workbook of texts, its rows where it had them, with the marks.

    Raises:
        Invalid: it has more cells than a workbook may have (`sheet_bomb`).
    """
    assert sheet.table is not None
    budget = Budget()
    rows = []
    for record in sheet.table.records():
        for cell in record.cells:
            budget.spend_cells(1, len(cell.text))
            require(cell.column < LAST_COLUMN)
        cells = "".join(text_cell("c", cell.column, record.number, cell.text) for cell in record.cells)
        rows.append(f'<row r="{record.number}">{cells}</row>')
    return marked(plain_workbook("".join(rows)), PLAIN_SHEET, PLAIN_STYLES, marks)
