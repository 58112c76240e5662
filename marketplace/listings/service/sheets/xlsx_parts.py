"""The parts of an XLSX file, parsed element by element.

The cells of a sheet come as text, row by row; expat calls back for each element, so that no tree is built
and memory does not grow with the sheet. A document type is refused where it begins, before it can define
anything.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, NamedTuple
from xml.parsers import expat

from ....errors import Invalid
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

MOST_STRINGS = 500_000
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


def parse_in_chunks(source: IO[bytes], handler: Any) -> Iterator[None]:
    """Parse `source` for `handler.start`, `.end` and `.text`, pausing after each chunk."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = _by_local_name(handler.start)
    parser.EndElementHandler = _by_local_name(handler.end)
    parser.CharacterDataHandler = handler.text
    while chunk := source.read(CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: Any) -> None:
    raise Invalid("sheet_unsafe_xml", at="file")


def _by_local_name(handle: Callable[..., None]) -> Callable[..., None]:
    return lambda name, *attributes: handle(name.rpartition(" ")[2], *attributes)


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
            relation = next(value for key, value in attributes.items() if key.endswith(" id"))
            self.sheets.append(SheetName(attributes.get("name", ""), visible, relation))


class SharedStrings(RichText):
    """The strings that cells name by their place; the reading aids of East Asian text are left out.

    Attributes:
        struck_out: places of strings of which a part is struck out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self.struck_out: set[int] = set()

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            text, struck = self.take()
            if struck:
                self.struck_out.add(len(self.strings))
            self.strings.append(unescaped(text))
            if len(self.strings) > MOST_STRINGS:
                raise Invalid("sheet_bomb", at="file")


class Styles(XmlPart):
    """How each style of cells shows a number, and whether it strikes it out."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._struck_fonts: list[bool] = []
        self._cells: list[tuple[int, int]] = []
        self._within = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name in ("cellXfs", "fonts"):
            self._within = name
        elif name == "font" and self._within == "fonts":
            self._struck_fonts.append(False)
        elif name == "strike" and self._within == "fonts":
            self._struck_fonts[-1] = attributes.get("val", "1") not in ("0", "false")
        elif name == "xf" and self._within == "cellXfs":
            self._cells.append((int(attributes.get("numFmtId", "0")), int(attributes.get("fontId", "0"))))

    def end(self, name: str) -> None:
        if name in ("cellXfs", "fonts"):
            self._within = ""

    def formats(self) -> dict[str, NumberFormat]:
        """By the number of a style, as cells write it."""
        return {
            str(place): number_format(code, self._codes.get(code))
            for place, (code, _) in enumerate(self._cells)
        }

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

    def __init__(self, parts: BookParts) -> None:
        super().__init__()
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
        super().start(name, attributes)
        if name == "c":
            self._attributes, self._formula = attributes, False
            self._column = column_of(attributes["r"]) if "r" in attributes else self._column + 1
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._hidden = _is_hidden(attributes, "ht")
            self._cells, self._column = [], -1
        elif name == "f":
            self._formula = True
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))
        elif name == "col" and _is_hidden(attributes, "width"):
            self.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))

    def end(self, name: str) -> None:
        super().end(name)
        if name == "c":
            written, struck = self.take()
            if written or self._formula:
                self._cells.append(self._cell(written, struck))
        elif name == "row" and self._cells:
            self.done.append(Record(self._number, self._cells, self._hidden))

    def _cell(self, written: str, struck: bool) -> Cell:
        kind, style = self._attributes.get("t", "n"), self._attributes.get("s", "0")
        struck = struck or style in self._book.struck_styles
        if kind == "s":
            struck = struck or int(written or 0) in self._book.struck_strings
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
            return self._book.strings[int(written)]
        if kind == "b":
            return "TRUE" if written == "1" else "FALSE"
        return written.removesuffix("T00:00:00") if kind == "d" else unescaped(written)

    def _number_cell(self, written: str, style: str) -> Cell:
        """A number as its author would type it, with the unit that its format shows; a day as YYYY-MM-DD."""
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
    return attributes.get("hidden") in ("1", "true") or float(attributes.get(size, "1")) == 0


def column_of(reference: str) -> int:
    """The column of a reference such as AB12, from 0."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    return column - 1


def letters_of(column: int) -> str:
    """What a spreadsheet calls a column: A for 0, AA for 26."""
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters
