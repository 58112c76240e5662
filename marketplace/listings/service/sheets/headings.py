"""Finds the headings of a table below its title rows, and reads what each of them says."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from ....errors import Fault, Invalid, InvalidTable
from ....spreadsheets.bounds import MOST_COLUMNS
from ....spreadsheets.xlsx_parts import Cell, Record
from .number_cells import half_width
from .quantity_cells import UNITS, price_unit, unit_in
from .vocabulary import COLUMNS, REPLACES, Column, both, column_of, implied_by, value_of

MOST_ABOVE = 30
"""Rows among which the headings must be."""
FEWEST_KNOWN = 3
"""Headings known in one row that make it the headings. Our own choice: titles and notes name fewer."""
NOTE = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】")
UNIT_LINE = re.compile(r"(?:计量|数量|重量)?单位:\s*([^\s,;、]+)|unit:\s*([^\s,;]+)", re.IGNORECASE)
MARK_COLUMNS = ("to_correct", "faults")
"""The columns that are added to a refused sheet."""
LONGEST = 200
"""Characters of a heading."""
MEASURED = ("quantity", "min_lot", "weight_each")
SAME_AS_OURS = {"density": {"t/m3", "t/m³", "吨/立方米", "g/cm3", "g/cm³", "kg/l", "g/ml"},
                "max_distance_km": {"km", "公里", "千米"}}  # fmt: skip
"""Units in headings of the columns that have one unit only."""


@dataclass(slots=True)
class Layout:
    """Where a table has its headings, and what they say.

    Attributes:
        number: the row of the headings; units_row: the one below it, if it holds their units.
        columns: by place; headings: their texts by place.
        implied: what headings and a line above them say for all rows, such as the unit.
        left_out: headings of columns that say nothing of a listing.
        hidden: headings of hidden columns, which are not read.
        names: of all columns that are read.
    """

    number: int
    units_row: int | None = None
    columns: dict[int, Column] = field(default_factory=dict)
    headings: dict[int, str] = field(default_factory=dict)
    implied: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    names: frozenset[str] = frozenset()

    def place_of(self, column: str) -> int | None:
        """The place of the column with that name, or of an unknown one with that heading."""
        for place, heading in self.headings.items():
            known = self.columns.get(place)
            if column in (heading, known.name if known else None):
                return place
        return None

    def refuse_faults(self, kind_is_known: bool) -> None:
        """Refuse headings that are unknown, repeated or missing, all by name.

        Args:
            kind_is_known: whether rows without a kind have one by the role of their owner.
        Raises:
            InvalidTable: some are.
        """
        faults = _unknown(self) + _repeated(self) + _missing(self, kind_is_known)
        if faults:
            raise InvalidTable("import_refused", faults=faults, count=len(faults))

    def is_over_units(self, merged: str) -> bool:
        """Whether a merged range is a heading and the cell for its unit below it."""
        columns = {re.sub(r"\d", "", end) for end in merged.split(":")}
        return len(columns) == 1 and rows_of(merged) == (self.number, self.units_row)

    def repeats(self, cells: list[Cell]) -> bool:
        """Whether a row holds the headings once more, as on each printed page."""
        same = sum(self.headings.get(cell.column) == shown(cell.text) for cell in cells)
        return same >= FEWEST_KNOWN and same == len(cells)


def rows_of(cells: str) -> tuple[int, int]:
    """The first and last row of a range such as A2:C3; 0 for what it does not say."""
    first, _, last = cells.partition(":")
    numbers = [int(re.sub(r"\D", "", text) or 0) for text in (first, last or first)]
    return numbers[0], numbers[1]


def headings_row(records: list[Record]) -> int:
    """The place among the first records of the one that holds the headings; 0 where none is clear."""
    known = [_known_in(record.cells) for record in records]
    most = max(known, default=0)
    return known.index(most) if most >= FEWEST_KNOWN else 0


def known_headings(records: list[Record]) -> int:
    """How many headings are known in the best row."""
    return max((_known_in(record.cells) for record in records), default=0)


def _known_in(cells: list[Cell]) -> int:
    columns = (_read_heading(cell.text) for cell in cells[:MOST_COLUMNS])
    return len({found[0].name for found in columns if found is not None})


def layout_of(records: list[Record], place: int, hidden: set[int]) -> Layout:
    """The layout whose headings are the record at `place` of the first ones; `hidden` are hidden columns.

    Raises:
        Invalid: there are too many (`sheet_too_many_columns`).
    """
    head = records[place]
    if len(head.cells) > MOST_COLUMNS:
        raise Invalid("sheet_too_many_columns", at="file", most=MOST_COLUMNS)
    layout = Layout(head.number, implied=_unit_line(records[:place]))
    for cell in head.cells:
        if not cell.text.strip():
            continue
        text = layout.headings[cell.column] = shown(cell.text)
        found = _read_heading(cell.text)
        if cell.column in hidden:
            layout.hidden.append(text)
        elif found is not None:
            layout.columns[cell.column] = found[0]
            layout.implied.update(found[1])
            if found[0].export_only:
                layout.left_out.append(text)
    _take_units_row(layout, records[place + 1 : place + 2])
    layout.names = frozenset(column.name for column in layout.columns.values() if not column.export_only)
    return layout


def _take_units_row(layout: Layout, below: list[Record]) -> None:
    """Take the units of the headings from the row below them, if it holds nothing else."""
    for record in below:
        filled = [cell for cell in record.cells if cell.text.strip()]
        columns = [layout.columns.get(cell.column) for cell in filled]
        said = [
            column and _said_by_note(column.name, half_width(cell.text[:LONGEST]).strip("() "))
            for column, cell in zip(columns, filled, strict=True)
        ]
        if said and all(said):
            layout.units_row = record.number
            for one in said:
                layout.implied.update(one or {})


def _unknown(layout: Layout) -> list[Fault]:
    return [
        Fault(layout.number, text, "unknown_heading", {"heading": text})
        for place, text in layout.headings.items()
        if place not in layout.columns and text not in layout.hidden
    ]


def _repeated(layout: Layout) -> list[Fault]:
    texts = defaultdict(list)
    for place, column in layout.columns.items():
        if not column.export_only:
            texts[column.name].append(layout.headings[place])
    faults = [
        Fault(
            layout.number, name, "repeated_heading", {"heading": _named(name), "headings": ", ".join(found)}
        )
        for name, found in texts.items()
        if len(found) > 1
    ]
    clashing = [name for name in ("available_from", "available_until") if name in texts]
    if "transfer_period" in texts and clashing:
        headings = ", ".join(text for name in ("transfer_period", *clashing) for text in texts[name])
        facts = {"heading": _named("transfer_period"), "headings": headings}
        faults.append(Fault(layout.number, "transfer_period", "repeated_heading", facts))
    return faults


def _missing(layout: Layout, kind_is_known: bool) -> list[Fault]:
    """A unit may stand in the cells instead: its absence shows row by row."""
    present = {column.name for column in layout.columns.values()}
    for name in present & set(REPLACES):
        present = present | REPLACES[name]
    elsewhere = {"unit"} | ({"kind"} if kind_is_known else set())
    hidden = {found[0].name for text in layout.hidden if (found := _read_heading(text))}
    return [
        Fault(
            layout.number, name, "hidden_heading" if name in hidden else "missing_heading",
            {"heading": _named(name)},
        )
        for name, column in COLUMNS.items()
        if column.required and name not in present | elsewhere
    ]  # fmt: skip


def _named(name: str) -> str:
    return both(COLUMNS[name].zh, COLUMNS[name].en)


def shown(heading: str) -> str:
    """A heading as faults name it."""
    return " ".join(heading.split())[:60]


def _read_heading(text: str) -> tuple[Column, dict[str, str]] | None:
    """The column of a heading such as 数量（吨） and what it implies; None where a part is not understood."""
    if len(text) > LONGEST:
        column = _mark_column(half_width(text[:LONGEST]))
        return (column, {}) if column else None
    folded = half_width(text)
    if (column := column_of(folded) or _mark_column(folded)) is not None:
        return column, implied_by(folded)
    notes = [note for found in NOTE.findall(folded) for note in found if note]
    base = NOTE.sub("", folded)
    column = column_of(base)
    if column is None and not notes:
        base, mark, unit = folded.strip().rpartition(next((mark for mark in "/:" if mark in folded), " "))
        column, notes = column_of(base), [unit]
        if mark == " " and not (column and _said_by_note(column.name, unit)):
            return None
    if column is None:
        return None
    implied = dict(implied_by(base))
    for note in notes:
        said = _said_by_note(column.name, note)
        if said is None:
            return None
        implied.update(said)
    return column, implied


def _mark_column(heading: str) -> Column | None:
    """The column of marks from the last time, whose heading may say what was wrong with other headings."""
    marks = (COLUMNS[name] for name in MARK_COLUMNS)
    return next((column for column in marks if heading.startswith(f"{column.zh} / ")), None)


def _said_by_note(column: str, note: str) -> dict[str, str] | None:
    """What a note in a heading means for its column; None where it may change the meaning unseen."""
    if column in MEASURED:
        unit = unit_in(note)
        return None if unit is None else {"unit" if column == "quantity" else f"{column}_unit": unit}
    if column == "price_per_tonne":
        unit = price_unit(note)
        return {"price_unit": note} if unit and UNITS[unit][0] == "mass" else None
    if column in SAME_AS_OURS:
        return {} if note.lower().replace(" ", "") in SAME_AS_OURS[column] else None
    if column in ("lon", "lat"):
        crs = value_of("crs", note)
        return {"crs": crs} if crs else {}
    return {}


def _unit_line(records: list[Record]) -> dict[str, str]:
    """The unit that a line above the headings gives, such as 单位：吨."""
    for record in reversed(records):
        for cell in record.cells:
            found = UNIT_LINE.search(half_width(cell.text[:LONGEST]))
            if found and (unit := unit_in(found[1] or found[2])) in UNITS:
                return {"unit": unit}
    return {}
