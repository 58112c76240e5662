"""The parts of an XLSX file, parsed element by element.

The cells of a sheet come as text, row by row; expat calls back for each element, so that no tree is built
and memory does not grow with the sheet. A document type is refused where it begins, before it can define
anything.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import IO, Any, NamedTuple
from xml.parsers import expat

from ....errors import Invalid

MOST_STRINGS = 500_000
MOST_SERIAL = 2_958_465
"""31 December 9999, as a spreadsheet counts days."""
CHUNK = 65_536
BUILT_IN_DATES = {*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58}
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class Cell(NamedTuple):
    """A cell that is not blank: its column from 0, its text, and the code of what is wrong with it."""

    column: int
    text: str
    fault: str | None = None


Record = tuple[int, list[Cell]]
"""A row's number as the sheet shows it, and its cells."""


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


class WorkbookPart(XmlPart):
    def __init__(self) -> None:
        self.from_1904 = False
        self._visible: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            self._visible += [value for key, value in attributes.items() if key.endswith(" id")]

    def first_visible(self) -> str:
        return self._visible[0]


class SharedStrings(XmlPart):
    """The strings that cells name by their place; the reading aids of East Asian text are left out."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._parts: list[str] = []
        self._aside = 0
        self._within = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._aside += name == "rPh"
        self._within = name == "t" and not self._aside

    def text(self, data: str) -> None:
        if self._within:
            self._parts.append(data)

    def end(self, name: str) -> None:
        self._within = False
        self._aside -= name == "rPh"
        if name == "si":
            self.strings.append(_unescaped("".join(self._parts)))
            self._parts.clear()
            if len(self.strings) > MOST_STRINGS:
                raise Invalid("sheet_bomb", at="file")


class Styles(XmlPart):
    """Which styles of cells show a number as a date."""

    def __init__(self) -> None:
        self._formats: dict[int, str] = {}
        self._styles: list[int] = []
        self._of_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            self._styles.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._of_cells = False

    def dates(self) -> set[str]:
        return {str(place) for place, number in enumerate(self._styles) if self._shows_a_day(number)}

    def _shows_a_day(self, number: int) -> bool:
        if number not in self._formats:
            return number in BUILT_IN_DATES
        shown = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|_.|General', "", self._formats[number])
        return re.search("[yd]", shown, re.IGNORECASE) is not None


class SheetRows(XmlPart):
    """Collects rows in `done` as they are read, and the ranges of merged cells."""

    def __init__(self, strings: list[str], dates: set[str], day_zero: date) -> None:
        self.done: deque[Record] = deque()
        self.merged: list[str] = []
        self._strings, self._dates, self._day_zero = strings, dates, day_zero
        self._number = 0
        self._cells: list[Cell] = []
        self._parts: list[str] = []
        self._column = -1
        self._attributes: dict[str, str] = {}
        self._formula = False
        self._aside = 0
        self._within = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._attributes, self._formula = attributes, False
            self._column = _column_of(attributes["r"]) if "r" in attributes else self._column + 1
        elif name in ("v", "t"):
            self._within = not self._aside
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells, self._column = [], -1
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._aside += 1
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))

    def text(self, data: str) -> None:
        if self._within:
            self._parts.append(data)

    def end(self, name: str) -> None:
        self._within = False
        if name == "c":
            written = "".join(self._parts)
            self._parts.clear()
            if written or self._formula:
                self._cells.append(self._cell(written))
        elif name == "row" and self._cells:
            self.done.append((self._number, self._cells))
        elif name == "rPh":
            self._aside -= 1

    def _cell(self, written: str) -> Cell:
        if self._formula:
            return Cell(self._column, written, "formula_in_cell")
        kind = self._attributes.get("t", "n")
        if kind == "s":
            return Cell(self._column, self._strings[int(written)])
        if kind == "e":
            return Cell(self._column, written, "error_in_cell")
        if kind == "n":
            return Cell(self._column, self._shown(written))
        if kind == "d":
            return Cell(self._column, written.removesuffix("T00:00:00"))
        return Cell(self._column, _unescaped(written))

    def _shown(self, written: str) -> str:
        """A number as its author would type it; a day as YYYY-MM-DD."""
        value = float(written)
        if self._attributes.get("s") in self._dates and 0 < value <= MOST_SERIAL:
            return _day(self._day_zero, value)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else written


def _day(zero: date, serial: float) -> str:
    """YYYY-MM-DD, followed by a time where the number has one: then it is no day, and will be refused."""
    day, part = divmod(serial, 1)
    return (zero + timedelta(days=day)).isoformat() + (f" {24 * part:.1f} h" if part else "")


def _column_of(reference: str) -> int:
    """The column of a reference such as AB12, from 0."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    return column - 1


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written as _xHHHH_."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
