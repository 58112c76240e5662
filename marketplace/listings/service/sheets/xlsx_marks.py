"""Marks faults in a workbook by changing its XML in place: what is not marked stays byte for byte as it was.

Two columns are added behind the table, or filled again where they are there from the last time: which columns
are to be corrected, and why. Cells at fault get a fill. Nothing else of the workbook is touched, and memory
does not grow with a tree of it.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from .xlsx_parts import column_of, letters_of

FILL = "FFFFC7CE"
"""Light red, by which a mark is known again."""
ELEMENT = r"<(?P<tag>(?:\w+:)?{name})(?=[\s/>])(?P<about>[^<>]*?)(?:/>|>(?P<within>.*?)</(?P=tag)>)"
CELL, ROW, XF = (
    re.compile(ELEMENT.replace("{name}", name).encode(), re.DOTALL) for name in ("c", "row", "xf")
)


@dataclass(slots=True)
class Marks:
    """What to write into a sheet.

    Attributes:
        places: of the two columns, from 0. headings: theirs, in the row `heading_row`.
        texts: by row, the two texts. cells: by row, places of cells to fill.
    """

    places: tuple[int, int]
    headings: tuple[str, str]
    heading_row: int
    texts: Mapping[int, tuple[str, str]]
    cells: Mapping[int, set[int]] = field(default_factory=dict)

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
        formats = re.search(rb"<((?:\w+:)?)cellXfs\b[^>]*>(.*?)</(?:\w+:)?cellXfs>", xml, re.DOTALL)
        fills = re.search(rb"<(?:\w+:)?fills\b[^>]*>(.*?)</(?:\w+:)?fills>", xml, re.DOTALL)
        if formats is None or fills is None:
            raise ValueError("styles without formats or fills")
        self._prefix = formats[1].decode()
        self._formats = [found[0] for found in XF.finditer(formats[2])]
        self._added: list[bytes] = []
        self._twins: dict[tuple[int, bool], int] = {}
        known = re.findall(rb"<(?:\w+:)?fill\b.*?</(?:\w+:)?fill>", fills[1], re.DOTALL)
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

    xml = re.sub(rb"(<(?:\w+:)?" + name + rb"\b[^>]*?\bcount=\")(\d+)(\")", counted, xml, count=1)
    return re.sub(rb"(</(?:\w+:)?" + name + rb">)", lambda found: added + found[1], xml, count=1)


class _Sheet:
    """A sheet whose rows are rewritten where a mark is due."""

    def __init__(self, marks: Marks, styles: _Styles | None) -> None:
        self._marks, self._styles = marks, styles
        self._number = 0

    def changed(self, xml: bytes) -> bytes:
        """The sheet with its marks."""
        xml = re.sub(rb"<(?:\w+:)?dimension\b[^>]*/>", b"", xml, count=1)
        return ROW.sub(self._row, xml)

    def _row(self, found: re.Match[bytes]) -> bytes:
        about = found["about"].decode()
        self._number = int(number) if (number := _attribute(about, "r")) else self._number + 1
        within = found["within"]
        if within is None or self._number < self._marks.heading_row:
            return found[0]
        tag = found["tag"].decode()
        cells = self._cells(within, tag.removesuffix("row") + "c")
        about = re.sub(r'\sspans="[^"]*"', "", about)
        return f"<{tag}{about}>".encode() + b"".join(cells) + f"</{tag}>".encode()

    def _cells(self, within: bytes, tag: str) -> list[bytes]:
        """The cells of a row by their places, with the marks among them."""
        cells, place = {}, -1
        for found in CELL.finditer(within):
            about = found["about"].decode()
            reference = _attribute(about, "r")
            place = column_of(reference) if reference else place + 1
            cells[place] = self._recoloured(found[0], about, place)
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
        prefix = tag.removesuffix("c")
        reference = quoteattr(f"{letters_of(place)}{self._number}")
        written = escape(text)
        return (
            f'<{tag} r={reference} t="inlineStr"><{prefix}is>'
            f'<{prefix}t xml:space="preserve">{written}</{prefix}t></{prefix}is></{tag}>'
        ).encode()


def _attribute(about: str, name: str) -> str | None:
    found = re.search(rf'(?:^|\s){name}="([^"]*)"', about)
    return found[1] if found else None
