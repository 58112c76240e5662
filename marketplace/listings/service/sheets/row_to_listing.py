"""A row of a sheet as the body of `POST /listings`, and what its author got wrong on the way."""

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from matching import KG_PER_T

from ....errors import Fault
from ....http.problems import messages_by_field
from ...schemas import NewListingSchema
from . import vocabulary
from .composition_cells import components_of
from .number_cells import half_width, number_in
from .sheet_rows import Row
from .waste_code_cells import code_refs, listed, listed_codes

DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|(\d\d)(\d\d))", re.ASCII
)
CHINESE_DAY = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", re.ASCII)
THINNEST, DENSEST = 0.001, 25.0
"""t/m3, from aerogel to osmium."""
COLUMN_OF = {
    "waste": "waste_codes", "accepts": "waste_codes", "quantity_t": "quantity", "min_lot_t": "min_lot",
    "price_cny_per_t": "price_per_tonne", "requires": "composition", "location": "lon",
}  # fmt: skip
"""The column behind a field of the body, where their names differ."""
OWN_COLUMN = ("scheme", "lon", "lat", "crs")
NEW_LISTING = NewListingSchema()


def column_of_field(path: str) -> str:
    """The column behind a field path such as `accepts.0.scheme`."""
    first, *below = path.split(".")
    return below[-1] if below and below[-1] in OWN_COLUMN else COLUMN_OF.get(first, first)


def listing_from_row(row: Row) -> tuple[dict[str, Any], list[Fault]]:
    """What `NewListingSchema` makes of a row, and all its faults; with a fault the first is empty."""
    body, faults = body_of(row)
    try:
        data = NEW_LISTING.load(body)
    except ValidationError as error:
        of_fields = [
            Fault(row.number, column_of_field(path), str(message), message.facts)
            for path, message in messages_by_field(error.messages)
        ]
        return {}, faults + _independent(of_fields, row, faults) or of_fields
    return ({}, faults) if faults else (data, [])


def _independent(of_fields: list[Fault], row: Row, known: list[Fault]) -> list[Fault]:
    """Without what follows from a known fault: a cell that could not be read is not missing as well."""
    explained = {fault.column for fault in known}
    unread = {
        fault.column for fault in of_fields if fault.code == "field_required" and fault.column in row.texts
    }
    return [fault for fault in of_fields if fault.column not in explained | unread]


def body_of(row: Row) -> tuple[dict[str, Any], list[Fault]]:
    """The body of `POST /listings` that a row means, as far as it can be read, and what cannot."""
    cells = _Cells(row)
    kind = cells.word("kind")
    tonnes = cells.tonnes_of("quantity", "min_lot")
    body = {
        "kind": kind,
        "title": row.texts.get("title"),
        **cells.codes(kind),
        "quantity_t": tonnes["quantity"],
        "min_lot_t": tonnes["min_lot"],
        "price_cny_per_t": cells.price(),
        "available_from": cells.day("available_from"),
        "available_until": cells.day("available_until"),
        "region": cells.folded("region"),
        "location": cells.place(),
        "max_distance_km": cells.number("max_distance_km"),
        "form": cells.word("form"),
        "packaging": cells.word("packaging"),
        "treatment": cells.upper("treatment"),
        "requires" if kind == "demand" else "composition": cells.components(),
        "exemption_item": cells.whole("exemption_item"),
    }
    return {name: value for name, value in body.items() if value is not None}, cells.faults


class _Cells:
    """The cells of a row, read one by one; what cannot be read becomes a fault and counts as empty."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.faults = list(row.faults)

    def _add_fault(self, column: str, code: str, **facts: Any) -> None:
        self.faults.append(Fault(self._row.number, column, code, facts))

    def _is_empty(self, column: str) -> bool:
        """Whether the cell holds nothing, not even something that could not be read."""
        return column not in self._row.texts and all(fault.column != column for fault in self._row.faults)

    def folded(self, column: str) -> str | None:
        """The text, half-width."""
        text = self._row.texts.get(column)
        return None if text is None else half_width(text).strip()

    def upper(self, column: str) -> str | None:
        """The text, half-width and in capitals."""
        text = self.folded(column)
        return None if text is None else text.upper()

    def word(self, column: str) -> str | None:
        """The value that a word means."""
        text = self._row.texts.get(column)
        if text is None:
            return None
        value = vocabulary.value_of(column, text)
        if value is None:
            known = vocabulary.WORDS[column].values()
            choices = tuple(vocabulary.both(chinese, english) for chinese, english, *_ in known)
            self._add_fault(column, "one_of", choices=choices)
        return value

    def _decimal(self, column: str) -> Decimal | None:
        text = self._row.texts.get(column)
        if text is None:
            return None
        try:
            return number_in(text)
        except ValueError:
            self._add_fault(column, "not_a_number")
            return None

    def number(self, column: str) -> float | None:
        """The number in a cell."""
        value = self._decimal(column)
        return None if value is None else float(value)

    def whole(self, column: str) -> int | None:
        """The whole number in a cell."""
        value = self._decimal(column)
        if value is None:
            return None
        if value.adjusted() > 12 or value != value.to_integral_value():
            self._add_fault(column, "not_a_whole_number")
            return None
        return int(value)

    def day(self, column: str) -> str | None:
        """A day as YYYY-MM-DD, from that or 2026/12/1, 2026.12.1, 20261201, 2026年12月1日."""
        text = self.folded(column)
        if text is None:
            return None
        found = DAY.fullmatch(text) or CHINESE_DAY.fullmatch(text)
        if found is None:
            self._add_fault(column, "not_a_day")
            return None
        year, month, day = (part for part in found.groups() if part is not None)
        return f"{year}-{month:0>2}-{day:0>2}"

    def tonnes_of(self, *columns: str) -> dict[str, float | None]:
        """Amounts in tonnes, from the row's unit; volumes by the row's density, to the kilogram."""
        values = {column: self._decimal(column) for column in columns}
        unit = self.word("unit")
        density = self._density() if unit == "m3" else None
        if self._is_empty("unit"):
            self._add_fault("unit", "field_required")
        return {column: _tonnes(value, unit, density) for column, value in values.items()}

    def _density(self) -> float | None:
        density = self.number("density")
        if self._is_empty("density"):
            self._add_fault("density", "density_needed")
        elif density is not None and not THINNEST <= density <= DENSEST:
            self._add_fault("density", "range", least=THINNEST, most=DENSEST)
            return None
        return density

    def price(self) -> float | None:
        """CNY per tonne from the supplier's side: the sheet says who pays, and a positive amount."""
        payer, amount = self.word("who_pays"), self.number("price_per_tonne")
        if amount is not None and amount < 0:
            self._add_fault("price_per_tonne", "price_negative")
        elif amount is not None and payer == "negotiable":
            self._add_fault("price_per_tonne", "price_negotiable")
        elif amount is not None and self._is_empty("who_pays"):
            self._add_fault("who_pays", "payer_missing")
        elif amount is None and payer in ("receiver", "supplier") and self._is_empty("price_per_tonne"):
            self._add_fault("price_per_tonne", "price_missing")
        elif amount is not None:
            return -amount if payer == "supplier" else amount
        return None

    def place(self) -> dict[str, Any] | None:
        """The `location` of the body; both coordinates or none."""
        lon, lat, crs = self.number("lon"), self.number("lat"), self.word("crs")
        given = [name for name in ("lon", "lat") if name in self._row.texts]
        if len(given) == 1:
            self._add_fault("lat" if given == ["lon"] else "lon", "field_required")
        if lon is None or lat is None:
            return None
        return {"lon": lon, "lat": lat, **({"crs": crs} if crs else {})}

    def codes(self, kind: str | None) -> dict[str, Any]:
        """`waste` of a supply or `accepts` of a demand."""
        text = self._row.texts.get("waste_codes")
        if text is None or kind is None:
            return {}
        try:
            codes = listed(text) if kind == "demand" else listed_codes(text)
            refs = code_refs(codes, self._row.texts.get("scheme"))
        except ValueError:
            self._add_fault("scheme", "schemes_and_codes_differ")
            return {}
        if kind == "demand":
            return {"accepts": refs}
        if len(refs) > 1:
            self._add_fault("waste_codes", "one_code_only")
            return {}
        return {"waste": refs[0]} if refs else {}

    def components(self) -> list[dict[str, Any]] | None:
        """The components in the cell of the composition."""
        text = self._row.texts.get("composition")
        if text is None:
            return None
        try:
            return components_of(text)
        except ValueError as error:
            self._add_fault("composition", "component_form", part=str(error.args[0])[:60])
            return None


def _tonnes(value: Decimal | None, unit: str | None, density: float | None) -> float | None:
    if value is None or unit is None or (unit == "m3" and density is None):
        return None
    if unit == "m3":
        return round(float(value) * (density or 0), 3)
    return float(value / KG_PER_T if unit == "kg" else value)
