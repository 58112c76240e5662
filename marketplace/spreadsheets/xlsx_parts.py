"""The parts of an XLSX file, parsed element by element.

The cells of a sheet come as text, row by row; expat calls back for each element, so that no tree is built
and memory does not grow with the sheet. A document type is refused where it begins, before it can define
anything.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, NamedTuple
from xml.parsers import expat

from ..errors import Invalid
from .bounds import (
    LAST_COLUMN,
    LAST_ROW,
    LONGEST_FORMAT,
    LONGEST_NAME,
    LONGEST_NUMBER,
    MOST_DEPTH,
    MOST_FORMATS,
    MOST_RELATIONS,
    MOST_SPANS,
    MOST_STRINGS,
    MOST_STYLES,
    MOST_TOKEN,
    Budget,
    require,
    whole,
)
from .xlsx_formats import (
    GENERAL,
    MOST_SERIAL,
    NumberFormat,
    day_text,
    number_format,
    plain_text,
    rounded_text,
)
from .xlsx_text import RichText, unescaped

CHUNK = 65_536


class Cell(NamedTuple):
    """A cell that is not blank.

    Attributes:
        column: from 0.
        text: what it holds.
        fault: the code of what is wrong with it.
        shown: the number as the sheet rounds it, where that is another one.
        is_number: it may have been typed otherwise: 2026.10 is the number 2026.1.
    """

    column: int
    text: str
    fault: str | None = None
    shown: str | None = None
    is_number: bool = False


class Record(NamedTuple):
    """A row: its number as the sheet shows it, its cells, and whether the sheet hides it."""

    number: int
    cells: list[Cell]
    hidden: bool = False


def parse_in_chunks(source: IO[bytes], handler: Any, budget: Budget) -> Iterator[None]:
    """Parse `source` for `handler.start`, `.end` and `.text`, pausing after each chunk.

    Raises:
        Invalid: it declares a document type (`sheet_unsafe_xml`) or goes beyond a bound (`sheet_bomb`).
    """
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    local = _LocalNames(handler)
    parser.StartElementHandler, parser.EndElementHandler = local.start, local.end
    parser.CharacterDataHandler = handler.text
    fed = 0
    while chunk := source.read(CHUNK):
        budget.spend(read=len(chunk), elements=_begun_in(chunk), attributes=_values_in(chunk))
        parser.Parse(chunk, False)
        fed += len(chunk)
        require(fed - parser.CurrentByteIndex <= MOST_TOKEN)
        yield
    parser.Parse(b"", True)
    yield


def _begun_in(chunk: bytes) -> int:
    """Elements that begin in a chunk, comments and the like too, before any of them costs anything."""
    return chunk.count(b"<") - chunk.count(b"</")


def _values_in(chunk: bytes) -> int:
    """Attributes and references to characters in a chunk: each of them costs as much as ten plain letters."""
    return chunk.count(b"=") + chunk.count(b"&")


def _refuse_doctype(*_: Any) -> None:
    raise Invalid("sheet_unsafe_xml", at="file")


class _LocalNames:
    """Hands elements on by their names without prefixes, as deep as they may be.

    Namespaces are not resolved: expat would write the whole address of one before each name that has its
    prefix, and an address may be as long as a tag.
    """

    def __init__(self, handler: Any) -> None:
        self._start, self._end = handler.start, handler.end
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            require(within=False)
        self._start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        self._end(name.rpartition(":")[2] if ":" in name else name)


class XmlPart:
    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class Relations(XmlPart):
    def __init__(self) -> None:
        self.found: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.found[attributes["Id"]] = (attributes["Type"], attributes["Target"])
            require(len(self.found) <= MOST_RELATIONS)


class SheetName(NamedTuple):
    name: str
    visible: bool
    relation: str


class WorkbookPart(XmlPart):
    """The sheets of a workbook, and the day that it counts from."""

    def __init__(self) -> None:
        self.from_1904 = False
        self.sheets: list[SheetName] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            visible = attributes.get("state", "visible") == "visible"
            relation = next(value for key, value in attributes.items() if key.endswith(":id"))
            self.sheets.append(SheetName(attributes.get("name", "")[:LONGEST_NAME], visible, relation))
            require(len(self.sheets) <= MOST_RELATIONS)


class SharedStrings(RichText):
    """The strings that cells name by their place; the reading aids of East Asian text are left out.

    Attributes:
        struck_out: places of strings of which a part is struck out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self.struck_out: set[int] = set()
        self._budget = Budget()

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            text, struck = self.take()
            if struck:
                self.struck_out.add(len(self.strings))
            self.strings.append(unescaped(text))
            self._budget.spend(characters=len(text))
            require(len(self.strings) <= MOST_STRINGS)


class Styles(XmlPart):
    """How each style of cells shows a number, and whether it strikes it out."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._struck_fonts: list[bool] = []
        self._cells: list[tuple[int, int]] = []
        self._within = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._add_code(attributes["numFmtId"], attributes["formatCode"])
        elif name in ("cellXfs", "fonts"):
            self._within = name
        elif name == "font" and self._within == "fonts":
            self._struck_fonts.append(False)
        elif name == "strike" and self._within == "fonts":
            self._struck_fonts[-1] = attributes.get("val", "1") not in ("0", "false")
        elif name == "xf" and self._within == "cellXfs":
            self._add_style(attributes.get("numFmtId", "0"), attributes.get("fontId", "0"))

    def _add_code(self, number: str, code: str) -> None:
        require(len(code) <= LONGEST_FORMAT and len(self._codes) < MOST_FORMATS)
        self._codes[whole(number, LAST_ROW)] = code

    def _add_style(self, number: str, font: str) -> None:
        require(len(self._cells) < MOST_STYLES)
        self._cells.append((whole(number, LAST_ROW), whole(font, LAST_ROW)))

    def end(self, name: str) -> None:
        if name in ("cellXfs", "fonts"):
            self._within = ""

    def formats(self) -> dict[str, NumberFormat]:
        """By the number of a style, as cells write it."""
        known = {code: number_format(code, self._codes.get(code)) for code, _ in self._cells}
        return {str(place): known[code] for place, (code, _) in enumerate(self._cells)}

    def struck_out(self) -> set[str]:
        """Numbers of the styles whose font strikes out."""
        struck = {font for font, is_struck in enumerate(self._struck_fonts) if is_struck}
        return {str(place) for place, (_, font) in enumerate(self._cells) if font in struck}


@dataclass(frozen=True, slots=True)
class BookParts:
    """What the sheets of a workbook share."""

    strings: list[str]
    struck_strings: set[int]
    formats: dict[str, NumberFormat]
    struck_styles: set[str]
    day_zero: date


class SheetRows(RichText):
    """Collects rows in `done` as they are read.

    Attributes:
        merged: the ranges of merged cells, complete when the last row is read.
        hidden_columns: first and last of each range of columns that is hidden, complete before the first row.
    """

    def __init__(self, parts: BookParts, budget: Budget) -> None:
        super().__init__()
        self._budget = budget
        self.done: deque[Record] = deque()
        self.merged: list[str] = []
        self.hidden_columns: list[tuple[int, int]] = []
        self._book = parts
        self._number = 0
        self._hidden = False
        self._cells: list[Cell] = []
        self._column = -1
        self._attributes: dict[str, str] = {}
        self._formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._attributes, self._formula = attributes, False
            self._column = column_of(attributes["r"]) if "r" in attributes else self._column + 1
            require(self._column < LAST_COLUMN and len(self._cells) <= LAST_COLUMN)
        elif name == "row":
            self._number = whole(attributes["r"], LAST_ROW) if "r" in attributes else self._number + 1
            self._hidden = _is_hidden(attributes, "ht")
            self._cells, self._column = [], -1
        elif name == "f":
            self._formula = True
        elif name == "mergeCell":
            self._add_merged(attributes.get("ref", ""))
        elif name == "col" and _is_hidden(attributes, "width"):
            first, last = (whole(attributes[end], 10 * LAST_COLUMN) - 1 for end in ("min", "max"))
            self.hidden_columns.append((first, last))
            require(len(self.hidden_columns) <= LAST_COLUMN)
        else:
            super().start(name, attributes)

    def _add_merged(self, cells: str) -> None:
        require(len(cells) <= LONGEST_NUMBER and len(self.merged) < MOST_SPANS)
        self.merged.append(cells)

    def end(self, name: str) -> None:
        if name == "c":
            self._within = False
            written, struck = self.take()
            if written or self._formula:
                cell = self._cell(written, struck)
                self._budget.spend_cells(1, len(cell.text))
                self._cells.append(cell)
            return
        super().end(name)
        if name == "row" and self._cells:
            self.done.append(Record(self._number, self._cells, self._hidden))

    def _cell(self, written: str, struck: bool) -> Cell:
        kind, style = self._attributes.get("t", "n"), self._attributes.get("s", "0")
        struck = struck or style in self._book.struck_styles
        if kind == "s":
            struck = struck or whole(written or "0", MOST_STRINGS) in self._book.struck_strings
        if self._formula or kind == "e":
            return Cell(self._column, written, "formula_in_cell" if self._formula else "error_in_cell")
        cell = (
            self._number_cell(written, style)
            if kind == "n"
            else Cell(self._column, self._text(kind, written))
        )
        return cell._replace(fault="struck_out") if struck else cell

    def _text(self, kind: str, written: str) -> str:
        if kind == "s":
            return self._book.strings[whole(written, MOST_STRINGS)]
        if kind == "b":
            return "TRUE" if written == "1" else "FALSE"
        return written.removesuffix("T00:00:00") if kind == "d" else unescaped(written)

    def _number_cell(self, written: str, style: str) -> Cell:
        """A number as its author would type it, with the unit that its format shows; a day as YYYY-MM-DD."""
        if len(written) > LONGEST_NUMBER:
            raise ValueError(written[:LONGEST_NUMBER])
        value, how = float(written), self._book.formats.get(style, GENERAL)
        if how.kind in ("day", "month") and 0 < value <= MOST_SERIAL:
            return Cell(self._column, day_text(self._book.day_zero, value, how.kind))
        if how.kind == "scaled":
            return Cell(self._column, written, "number_shown_otherwise")
        if how.kind == "percent":
            return Cell(self._column, f"{plain_text(value * 100)}%")
        text = f"{how.before}{plain_text(value)}{how.behind}"
        return Cell(self._column, text, shown=rounded_text(value, how), is_number=True)


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    """Whether a row or column is hidden, or has no height or width left."""
    if attributes.get("hidden") in ("1", "true"):
        return True
    return size in attributes and float(attributes[size][:LONGEST_NUMBER]) == 0


def column_of(reference: str) -> int:
    """The column of a reference such as AB12, from 0. Raises: ValueError: no spreadsheet has it."""
    if len(reference) > len(f"XFD{LAST_ROW}"):
        raise ValueError(reference[:LONGEST_NUMBER])
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    if not 1 <= column <= LAST_COLUMN:
        raise ValueError(reference)
    return column - 1


def letters_of(column: int) -> str:
    """What a spreadsheet calls a column: A for 0, AA for 26."""
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters
