"""A refused sheet given back as a workbook, with what is to be corrected marked in it."""

import io
import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from ....errors import Invalid, InvalidTable
from ....messages import say
from .headings import MARK_COLUMNS, Layout
from .sheet_rows import Sheet, open_sheet
from .vocabulary import COLUMNS, both
from .xlsx_marks import FILL, Marks, marked
from .xlsx_parts import Cell, column_of

MOST_MARKED = 30_000_000
"""Bytes of a workbook, unpacked, that is marked; a larger one is answered by the problem alone."""
LETTERS = re.compile("[A-Z]{1,3}")

StoredFault = dict[str, Any]
"""A fault as `stored_faults` has it: row, column, code, and its sentence by language."""


def marked_sheet(upload: bytes, faults: Iterable[StoredFault], language: str | None) -> bytes | None:
    """The sheet as XLSX, with two more columns that say what to correct and why, and the cells filled.

    Args:
        language: of the sentences; None for that of the sheet's headings.
    Returns:
        the workbook, None where the sheet is too large to be marked.
    """
    sheet = open_sheet(upload)
    with suppress(InvalidTable, Invalid):
        next(sheet.rows(), None)
    if sheet.layout is None or sheet.table is None or sheet.unpacked > MOST_MARKED:
        return None
    marks = _marks(sheet, sheet.layout, list(faults), language or _language_of(sheet.layout))
    if sheet.table.part:
        return marked(upload, sheet.table.part, sheet.styles, marks)
    return _workbook_of(sheet, marks)


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
    return Marks(
        places=_mark_places(sheet, layout),
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


def _mark_places(sheet: Sheet, layout: Layout) -> tuple[int, int]:
    """Where the two columns are from the last time, else behind the last cell of the sheet."""
    known = {column.name: place for place, column in layout.columns.items()}
    if all(name in known for name in MARK_COLUMNS):
        return known[MARK_COLUMNS[0]], known[MARK_COLUMNS[1]]
    assert sheet.table is not None
    last = max((cell.column for record in sheet.table.records() for cell in record.cells), default=-1)
    return last + 1, last + 2


def _workbook_of(sheet: Sheet, marks: Marks) -> bytes:
    """A CSV as a workbook of texts, row by row where it had them."""
    from openpyxl import Workbook  # here, because only those who need it should pay for it
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import PatternFill

    book = Workbook(write_only=True)
    page = book.create_sheet("listings")
    fill = PatternFill("solid", fgColor=FILL)
    assert sheet.table is not None
    number = 0
    for record in sheet.table.records():
        for _ in range(number + 1, record.number):
            page.append([])
        number = record.number
        texts = _row_texts(record.cells, marks, number)
        row = []
        for place in range(max(texts) + 1):
            cell = WriteOnlyCell(page, value=texts.get(place))
            cell.data_type = "s" if texts.get(place) else cell.data_type  # a text, though it begins with =
            if place in marks.cells.get(number, ()):
                cell.fill = fill
            row.append(cell)
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _row_texts(cells: list[Cell], marks: Marks, number: int) -> dict[int, str]:
    texts = {cell.column: cell.text for cell in cells if cell.column not in marks.places}
    texts |= dict.fromkeys(marks.cells.get(number, set()) - set(texts), "")
    return texts | dict(zip(marks.places, marks.texts_of(number), strict=True))
