"""Marks faults in a workbook by changing its XML in place: what is not marked stays byte for byte as it was.

Two columns are added behind the table, or filled again where they are there from the last time: which columns
are to be corrected, and why. Cells at fault get a fill. Nothing else of the workbook is touched, and memory
does not grow with a tree of it.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from ....errors import Invalid
from ....spreadsheet_files import UNWRITABLE, escaped
from ....spreadsheets.xlsx_parts import column_of, letters_of

FILL = "FFFFC7CE"
"""Light red, by which a mark is known again."""
MOST_CHANGED = 120_000
"""Rows and cells that are written anew: 10,000 rows of ten. Our own choice."""
OPENING = r"""<(?P<tag>(?:\w+:)?{name})(?P<about>(?:\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*+)?/?)>"""
CELL, ROW, XF, XFS, FILL_ELEMENT, FILLS = (
    re.compile(OPENING.replace("{name}", name).encode())
    for name in ("c", "row", "xf", "cellXfs", "fill", "fills")
)


@dataclass(frozen=True, slots=True)
class Element:
    """An element as it is written; `within` is None where it has no end of its own."""

    whole: bytes
    tag: str
    about: str
    within: bytes | None


def elements(xml: bytes, opening: re.Pattern[bytes]) -> Iterator[tuple[int, Element]]:
    """Elements of one name that are not within each other, and where each begins.

    Every byte is looked at a fixed number of times: an element that does not end is an error, not a reason to
    look for the end of the next one.

    Raises:
        Invalid: one does not end (`sheet_unreadable`).
    """
    at = 0
    while found := opening.search(xml, at):
        tag, about, at = found["tag"], found["about"], found.end()
        within = None
        if not about.endswith(b"/"):
            end = xml.find(b"</" + tag + b">", at)
            if end < 0:
                raise Invalid("sheet_unreadable", at="file")
            within, at = xml[at:end], end + len(tag) + 3
        about = about.removesuffix(b"/")
        yield found.start(), Element(xml[found.start() : at], tag.decode(), about.decode(), within)


def _first(xml: bytes, opening: re.Pattern[bytes]) -> Element:
    """Raises: ValueError: there is none that holds anything."""
    _, found = next(elements(xml, opening), (0, None))
    if found is None or found.within is None:
        raise ValueError("styles without formats or fills")
    return found


@dataclass(slots=True)
class Marks:
    """What to write into a sheet.

    Attributes:
        places: of the two columns, from 0. headings: theirs, in the row `heading_row`.
        texts: by row, the two texts. cells: by row, places of cells to fill.
        are_known: whether the two columns are there from the last time.
    """

    places: tuple[int, int]
    headings: tuple[str, str]
    heading_row: int
    texts: Mapping[int, tuple[str, str]]
    cells: Mapping[int, set[int]] = field(default_factory=dict)
    are_known: bool = False

    def texts_of(self, row: int) -> tuple[str, str]:
        """The two texts of a row; in that of the headings they follow the headings."""
        first, second = self.texts.get(row, ("", ""))
        if row != self.heading_row:
            return first, second
        heads = self.headings
        return f"{heads[0]}: {first}" if first else heads[0], f"{heads[1]}: {second}" if second else heads[1]


def marked(data: bytes, part: str, styles: str | None, marks: Marks) -> bytes:
    """A copy of a workbook with these marks in the sheet `part`; `styles` is the part of its styles."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        book = _Styles(old.read(styles)) if styles else None
        sheet = _Sheet(marks, book).changed(old.read(part))
        for entry in old.infolist():
            if entry.filename == part:
                new.writestr(entry.filename, sheet)
            elif entry.filename == styles and book is not None:
                new.writestr(entry.filename, book.changed())
            else:
                new.writestr(entry.filename, old.read(entry.filename))
    return out.getvalue()


class _Styles:
    """The styles of a workbook, to which filled twins of those in use are added."""

    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        formats, fills = _first(xml, XFS), _first(xml, FILLS)
        self._prefix = formats.tag.removesuffix("cellXfs")
        self._formats = [xf.whole for _, xf in elements(formats.within or b"", XF)]
        self._added: list[bytes] = []
        self._twins: dict[tuple[int, bool], int] = {}
        known = [fill.whole for _, fill in elements(fills.within or b"", FILL_ELEMENT)]
        ours = [place for place, fill in enumerate(known) if FILL.encode() in fill]
        self._adds_fill = not ours
        self._fill = ours[0] if ours else len(known)

    def with_fill(self, style: int) -> int:
        """The style with our fill."""
        return self._twin(style, filled=True)

    def without_fill(self, style: int) -> int:
        """The style as it was, as far as it bears our fill from the last time."""
        return self._twin(style, filled=False) if self._is_ours(style) else style

    def _is_ours(self, style: int) -> bool:
        if not 0 <= style < len(self._formats):
            return False
        return not self._adds_fill and f'fillId="{self._fill}"'.encode() in self._formats[style]

    def _twin(self, style: int, *, filled: bool) -> int:
        style = style if 0 <= style < len(self._formats) else 0
        if (style, filled) not in self._twins:
            twin = self._formats[style]
            for name, value in (("fillId", str(self._fill) if filled else "0"), ("applyFill", "1")):
                twin = re.sub(rf' {name}="[^"]*"'.encode(), b"", twin, count=1)
                twin = re.sub(rb"^<((?:\w+:)?xf)", rf'<\1 {name}="{value}"'.encode(), twin, count=1)
            self._twins[style, filled] = len(self._formats) + len(self._added)
            self._added.append(twin)
        return self._twins[style, filled]

    @property
    def may_bear_marks(self) -> bool:
        """Whether some cells may have our fill from the last time."""
        return not self._adds_fill

    def changed(self) -> bytes:
        """The styles with the twins and the fill."""
        p = self._prefix
        fill = (
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{FILL}"/>'
            f'<{p}bgColor indexed="64"/></{p}patternFill></{p}fill>'
        ).encode()
        xml = _with_more(self._xml, b"fills", fill if self._adds_fill else b"", int(self._adds_fill))
        return _with_more(xml, b"cellXfs", b"".join(self._added), len(self._added))


def _with_more(xml: bytes, name: bytes, added: bytes, many: int) -> bytes:
    """A list element with more behind it, and its count."""

    def counted(found: re.Match[bytes]) -> bytes:
        return found[1] + str(int(found[2]) + many).encode() + found[3]

    xml = re.sub(rb"(<(?:\w+:)?" + name + rb"\b[^<>]*?\bcount=\")(\d{1,9})(\")", counted, xml, count=1)
    return re.sub(rb"(</(?:\w+:)?" + name + rb">)", lambda found: added + found[1], xml, count=1)


class _Sheet:
    """A sheet whose rows are rewritten where a mark is due."""

    def __init__(self, marks: Marks, styles: _Styles | None) -> None:
        self._marks, self._styles = marks, styles
        self._number = 0
        self._left = MOST_CHANGED

    def changed(self, xml: bytes) -> bytes:
        """The sheet with its marks. Raises: Invalid: too much of it would change (`sheet_too_costly`)."""
        xml = re.sub(rb"<(?:\w+:)?dimension\b[^<>]*/>", b"", xml, count=1)
        pieces, at = [], 0
        for start, row in elements(xml, ROW):
            pieces += [xml[at:start], self._row(row)]
            at = start + len(row.whole)
        return b"".join([*pieces, xml[at:]])

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Invalid("sheet_too_costly", at="file")

    def _row(self, row: Element) -> bytes:
        self._number = int(number) if (number := _attribute(row.about, "r")) else self._number + 1
        if row.within is None or self._number < self._marks.heading_row or not self._changes():
            return row.whole
        self._spend()
        cells = self._cells(row.within, row.tag.removesuffix("row") + "c")
        about = re.sub(r'\sspans="[^"]*"', "", row.about)
        return f"<{row.tag}{about}>".encode() + b"".join(cells) + f"</{row.tag}>".encode()

    def _changes(self) -> bool:
        """Whether this row has marks, or may have some from the last time."""
        if self._styles is None or self._styles.may_bear_marks or self._marks.are_known:
            return True
        is_marked = self._number in self._marks.texts or self._number in self._marks.cells
        return is_marked or self._number == self._marks.heading_row

    def _cells(self, within: bytes, tag: str) -> list[bytes]:
        """The cells of a row by their places, with the marks among them."""
        cells, place = {}, -1
        for _, cell in elements(within, CELL):
            self._spend()
            reference = _attribute(cell.about, "r")
            place = column_of(reference) if reference else place + 1
            cells[place] = self._recoloured(cell.whole, cell.about, place)
        for place in self._marks.cells.get(self._number, ()):
            cells.setdefault(place, self._empty(tag, place))
        for place, text in zip(self._marks.places, self._marks.texts_of(self._number), strict=True):
            cells.pop(place, None)
            if text:
                cells[place] = self._written(tag, place, text)
        return [cells[place] for place in sorted(cells)]

    def _recoloured(self, cell: bytes, about: str, place: int) -> bytes:
        if self._styles is None:
            return cell
        style = int(_attribute(about, "s") or 0)
        is_marked = place in self._marks.cells.get(self._number, ())
        wanted = self._styles.with_fill(style) if is_marked else self._styles.without_fill(style)
        if wanted == style:
            return cell
        cell = re.sub(rb' s="[^"]*"', b"", cell, count=1)
        return re.sub(rb"^<((?:\w+:)?c)", rf'<\1 s="{wanted}"'.encode(), cell, count=1)

    def _empty(self, tag: str, place: int) -> bytes:
        style = f' s="{self._styles.with_fill(0)}"' if self._styles else ""
        return f'<{tag} r="{letters_of(place)}{self._number}"{style}/>'.encode()

    def _written(self, tag: str, place: int, text: str) -> bytes:
        return text_cell(tag, place, self._number, text).encode()


def text_cell(tag: str, column: int, row: int, text: str) -> str:
    """A cell that holds a text, whatever it begins with; what XML cannot hold is escaped as Excel does."""
    prefix = tag.removesuffix("c")
    written = escape(UNWRITABLE.sub(escaped, text))
    return (
        f'<{tag} r="{letters_of(column)}{row}" t="inlineStr"><{prefix}is>'
        f'<{prefix}t xml:space="preserve">{written}</{prefix}t></{prefix}is></{tag}>'
    )


def _attribute(about: str, name: str) -> str | None:
    found = re.search(rf'(?:^|\s){name}="([^"]*)"', about)
    return found[1] if found else None
