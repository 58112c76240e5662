"""The amounts of a row in tonnes, by the units of its cells, of its column of units, and of the headings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from .densities import assumed_density
from .quantity_cells import UNITS, Measure, each_in, measure_in, unit_in
from .sheet_rows import Row
from .vocabulary import WORDS, both, value_of

THINNEST, DENSEST = 0.001, 25.0
"""t/m3, from aerogel to osmium."""
AddFault = Callable[..., None]


@dataclass(slots=True)
class Amounts:
    """Reads the amounts of one row; faults and notices go to whoever asked."""

    row: Row
    add_fault: AddFault
    add_notice: AddFault
    code: str | None
    """The waste code of the row, by which a density may be assumed."""
    each: tuple[Decimal, str] | None = None
    unit: str | None = None
    """Of the amount read last: a lot without a unit has that of the quantity."""
    said: set[str] = field(default_factory=set)

    def tonnes(self) -> tuple[float | None, float | None]:
        """(quantity, smallest lot) in tonnes; an empty lot is the quantity."""
        unit = self._unit_of_column()
        self.each = self._weight_each() or self.each
        quantity = self._in_tonnes("quantity", unit)
        if "min_lot" in self.row.texts or self._has_fault("min_lot"):
            return quantity, self._in_tonnes("min_lot", unit)
        if quantity is not None:
            self.add_notice("min_lot", "min_lot_is_quantity", quantity=quantity)
        return quantity, quantity

    def _has_fault(self, column: str) -> bool:
        return any(fault.column == column for fault in self.row.faults)

    def _unit_of_column(self) -> str | None:
        """The unit that the row's own column of units gives."""
        text = self.row.texts.get("unit")
        if text is None:
            return None
        unit = unit_in(text) or value_of("unit", text) or self._unit_with_each(text)
        if unit is None:
            choices = tuple(both(chinese, english) for chinese, english in WORDS["unit"].values())
            self.add_fault("unit", "one_of", choices=choices)
        return unit

    def _unit_with_each(self, text: str) -> str | None:
        """The unit of a cell such as 桶（200kg/桶）, whose weight is kept."""
        try:
            measure = measure_in(f"1{text}")
        except ValueError:
            return None
        self.each = measure.each
        return measure.unit if measure.each else None

    def _weight_each(self) -> tuple[Decimal, str] | None:
        text = self.row.texts.get("weight_each")
        if text is None:
            return None
        try:
            value, unit = each_in(text)
        except ValueError:
            self.add_fault("weight_each", "not_a_number")
            return None
        return value, unit or self.row.implied.get("weight_each_unit") or "kg"

    def _in_tonnes(self, column: str, unit: str | None) -> float | None:
        text = self.row.texts.get(column)
        if text is None:
            return None
        try:
            measure = measure_in(text)
        except ValueError:
            self.add_fault(column, "not_a_number")
            return None
        if measure.is_per_year:
            self.add_notice(column, "per_year_taken_as_total", value=text[:60])
        unit = self._agreed_unit(column, measure, unit)
        return None if unit is None else self._converted(column, measure, unit)

    def _agreed_unit(self, column: str, measure: Measure, of_column: str | None) -> str | None:
        """The unit of a cell: its own, which must not differ from the column's, or that of the headings."""
        if measure.unit and of_column and measure.unit != of_column:
            self.add_fault(column, "unit_differs", written=self.row.texts[column][:60])
            return None
        unit = measure.unit or of_column or self._unit_of_headings(column) or self.unit
        self.unit = unit
        if unit is None and not self._has_fault("unit") and "unit" not in self.row.texts:
            self._add_fault_once("unit", "field_required")
        return unit

    def _add_fault_once(self, column: str, code: str) -> None:
        """Add a fault that quantity and lot share."""
        if code not in self.said:
            self.add_fault(column, code)
        self.said.add(code)

    def _unit_of_headings(self, column: str) -> str | None:
        if "unit" in self.row.texts:
            return None
        return self.row.implied.get(f"{column}_unit") or self.row.implied.get("unit")

    def _converted(self, column: str, measure: Measure, unit: str) -> float | None:
        dimension, factor = UNITS[unit]
        value = measure.value * factor
        if dimension == "count":
            each = measure.each or self.each
            if each is None:
                if column == "quantity" or measure.unit:
                    self.add_fault(column, "weight_each_needed")
                return None
            self.each = each
            dimension, factor = UNITS[each[1]]
            value *= each[0] * factor
        if dimension == "mass":
            return float(value)
        density = self._density()
        return None if density is None else round(float(value) * density, 3)

    def _density(self) -> float | None:
        """t/m3 as the row gives it, or as is assumed for its code."""
        text = self.row.texts.get("density")
        if text is not None or self._has_fault("density"):
            return self._given_density(text or "")
        density = assumed_density(self.code) if self.code else None
        if density is None:
            self._add_fault_once("density", "density_needed")
        elif "density_assumed" not in self.said:
            self.said.add("density_assumed")
            self.add_notice("density", "density_assumed", density=density, code=self.code)
        return density

    def _given_density(self, text: str) -> float | None:
        try:
            density = float(measure_in(text).value) if measure_in(text).unit is None else None
        except ValueError:
            density = None
        if density is None:
            self._add_fault_once("density", "not_a_number")
        elif not THINNEST <= density <= DENSEST:
            if "range" not in self.said:
                self.said.add("range")
                self.add_fault("density", "range", least=THINNEST, most=DENSEST)
            return None
        return density
