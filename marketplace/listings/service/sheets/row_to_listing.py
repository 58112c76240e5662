"""A row of a sheet as the body of `POST /listings`, and what its author got wrong on the way."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from .... import clock
from ....catalogue import service as catalogue
from ....errors import Fault, Notice
from ....http.languages import Message
from ....http.problems import messages_by_field
from ...schemas import NewListingSchema
from . import vocabulary
from .amount_cells import Amounts
from .composition_cells import components_of
from .day_cells import Span, UnclearDay, period_in, span_in
from .number_cells import half_width, number_in
from .price_cells import Price
from .sheet_rows import Row
from .waste_code_cells import code_refs, listed, listed_codes

LIKE_A_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{8}", re.ASCII)

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


def listing_from_row(row: Row, kind: str | None = None) -> tuple[dict[str, Any], list[Fault], list[Notice]]:
    """What `NewListingSchema` makes of a row, its faults, and what is odd; with a fault the first is empty.

    Args:
        kind: of a row that gives none, by the role of its owner.
    """
    cells = _Cells(row, kind)
    body = _body(cells)
    faults = cells.faults
    try:
        data = NEW_LISTING.load(body)
    except ValidationError as error:
        of_fields = [
            Fault(row.number, _column_in(row, column_of_field(path)), str(message), message.facts)
            for path, message in messages_by_field(error.messages)
        ]
        return {}, faults + _independent(of_fields, row, faults) or of_fields, []
    return ({}, faults, []) if faults else (data, [], cells.notices)


def row_codes(row: Row) -> str | None:
    """What a row says of its codes: the cell of codes, with the category of its own column beside it."""
    codes, category = row.texts.get("waste_codes"), row.texts.get("waste_category")
    if codes is None or category is None:
        return codes or category
    found = [code for code in catalogue.read_code(category).codes if code.is_category]
    if len(found) != 1 or len(listed(codes)) != 1:
        return codes
    return f"{found[0].key} {codes}"


def _column_in(row: Row, column: str) -> str:
    """The column of the sheet that says what this one would: a period for both of its days."""
    for other, replaced in vocabulary.REPLACES.items():
        if column in replaced and column not in row.columns and other in row.columns:
            return other
    return column


def _independent(of_fields: list[Fault], row: Row, known: list[Fault]) -> list[Fault]:
    """Without what follows from a known fault: a cell that could not be read is not missing as well."""
    explained = {fault.column for fault in known}
    unread = {
        fault.column for fault in of_fields if fault.code == "field_required" and fault.column in row.texts
    }
    if explained & {"unit", "density", "quantity"}:  # then no amount is known
        unread |= {"quantity", "min_lot"}
    left = [fault for fault in of_fields if fault.column not in explained | unread]
    return list({(fault.column, fault.code): fault for fault in left}.values())


def _body(cells: "_Cells") -> dict[str, Any]:
    """The body of `POST /listings` that a row means, as far as it can be read."""
    kind = cells.kind()
    codes = cells.codes(kind)
    quantity, min_lot = cells.tonnes(codes)
    first, last = cells.days()
    body = {
        "kind": kind,
        "title": cells.row.texts.get("title"),
        **codes,
        "quantity_t": quantity,
        "min_lot_t": min_lot,
        "price_cny_per_t": cells.price(),
        "available_from": first,
        "available_until": last,
        "region": cells.folded("region"),
        "location": cells.place(),
        "max_distance_km": cells.number("max_distance_km"),
        "form": cells.word("form"),
        "packaging": cells.word("packaging"),
        "treatment": cells.upper("treatment"),
        "requires" if kind == "demand" else "composition": cells.components(),
        "exemption_item": cells.whole("exemption_item"),
    }
    return {name: value for name, value in body.items() if value is not None}


def location_of_row(row: Row) -> dict[str, Any] | None:
    """The `location` of a row, as far as it can be read."""
    return _Cells(row, None).place()


class _Cells:
    """The cells of a row, read one by one; what cannot be read becomes a fault and counts as empty."""

    def __init__(self, row: Row, kind: str | None) -> None:
        self.row = row
        self.faults = list(row.faults)
        self.notices = list(row.notices)
        self._kind_by_role = kind

    def _add_fault(self, column: str, code: str, /, **facts: Any) -> None:
        self.faults.append(Fault(self.row.number, column, code, facts))

    def _add_notice(self, column: str, code: str, /, **facts: Any) -> None:
        self.notices.append(Notice(code, column, facts))

    def _is_empty(self, column: str) -> bool:
        """Whether the cell holds nothing, not even something that could not be read."""
        return column not in self.row.texts and all(fault.column != column for fault in self.faults)

    def kind(self) -> str | None:
        """Supply or demand, as the row says or by the role of its owner."""
        return self._kind_by_role if self._is_empty("kind") else self.word("kind")

    def folded(self, column: str) -> str | None:
        """The text, half-width."""
        text = self.row.texts.get(column)
        return None if text is None else half_width(text).strip()

    def upper(self, column: str) -> str | None:
        """The text, half-width and in capitals."""
        text = self.folded(column)
        return None if text is None else text.upper()

    def word(self, column: str) -> str | None:
        """The value that a word means."""
        text = self.row.texts.get(column)
        if text is None:
            return None
        value = vocabulary.value_of(column, text)
        if value is None:
            known = vocabulary.WORDS[column].values()
            choices = tuple(vocabulary.both(chinese, english) for chinese, english in known)
            self._add_fault(column, "one_of", choices=choices)
        return value

    def _decimal(self, column: str) -> Decimal | None:
        text = self.row.texts.get(column)
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

    def days(self) -> tuple[str | None, str | None]:
        """(first day, last day) as YYYY-MM-DD, from two cells or from one that holds a period."""
        today = clock.today()
        if "transfer_period" in self.row.texts:
            span = self._span("transfer_period", period_in, today)
            return (str(span.first), str(span.last)) if span else (None, None)
        first = self._span("available_from", span_in, today)
        last = self._span("available_until", span_in, first.first if first else today)
        return str(first.first) if first else None, str(last.last) if last else None

    def _span(self, column: str, read: Any, after: date) -> Span | None:
        text = self.row.texts.get(column)
        if text is None:
            return None
        try:
            span: Span = read(text, self.row.day_zero, after, column in self.row.numbers)
        except UnclearDay:
            self._add_fault(column, "day_unclear", written=text[:60])
        except (ValueError, OverflowError):
            if LIKE_A_DAY.fullmatch(half_width(text)):
                self._add_fault(column, "field_invalid", kind=Message("kind_day"))
            else:
                self._add_fault(column, "not_a_day")
        else:
            if span.year_assumed:
                self._add_notice(column, "year_assumed", written=text[:60], first=span.first, last=span.last)
            return span
        return None

    def tonnes(self, codes: dict[str, Any]) -> tuple[float | None, float | None]:
        """(quantity, smallest lot) in tonnes."""
        refs = [codes["waste"]] if "waste" in codes else codes.get("accepts", [])
        code = refs[0]["code"] if refs else None
        return Amounts(self.row, self._add_fault, self._add_notice, code).tonnes()

    def price(self) -> float | None:
        """CNY per tonne from the supplier's side: the sheet says who pays, and a positive amount."""
        return Price(self.row, self.word("who_pays"), self._add_fault).per_tonne()

    def place(self) -> dict[str, Any] | None:
        """The `location` of the body; both coordinates or none."""
        lon, lat = self.number("lon"), self.number("lat")
        crs = self.word("crs") or self.row.implied.get("crs")
        given = [name for name in ("lon", "lat") if name in self.row.texts]
        if len(given) == 1:
            self._add_fault("lat" if given == ["lon"] else "lon", "field_required")
        if lon is None or lat is None:
            return None
        return {"lon": lon, "lat": lat, **({"crs": crs} if crs else {})}

    def codes(self, kind: str | None) -> dict[str, Any]:
        """`waste` of a supply or `accepts` of a demand."""
        text = row_codes(self.row)
        if text is None or kind is None:
            return {}
        try:
            codes = listed(text) if kind == "demand" else listed_codes(text)
            refs = code_refs(codes, self.row.texts.get("scheme"))
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
        text = self.row.texts.get("composition")
        if text is None:
            return None
        try:
            return components_of(text)
        except ValueError as error:
            self._add_fault("composition", "component_form", part=str(error.args[0])[:60])
            return None
