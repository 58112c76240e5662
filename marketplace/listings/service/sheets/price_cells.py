"""The price of a row: who pays, and a positive amount in yuan for a tonne or another weight."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .quantity_cells import UNITS, price_in, price_unit
from .sheet_rows import Row
from .vocabulary import value_of

OTHER_UNIT = re.compile(r"\d\s*[A-Za-z元块/每]|[$€£]")
"""What a price in another currency, or for another unit, has."""


@dataclass(slots=True)
class Price:
    """Reads the price of one row; faults go to whoever asked."""

    row: Row
    payer: str | None
    """Who pays, as the row's own cell says."""
    add_fault: Callable[..., None]

    def per_tonne(self) -> float | None:
        """CNY per tonne from the supplier's side; None for one to be negotiated."""
        text = self.row.texts.get("price_per_tonne")
        if text is not None and value_of("who_pays", text) == "negotiable":
            return None
        amount = self._amount(text)
        payer = self.payer or (None if self._is_filled("who_pays") else self.row.implied.get("who_pays"))
        fault = self._fault(amount, payer)
        if fault is not None:
            self.add_fault(*fault)
        if amount is None or fault is not None or payer is None:
            return None
        return -amount if payer == "supplier" else amount

    def _fault(self, amount: float | None, payer: str | None) -> tuple[str, str] | None:
        """(column, code) of what does not go together."""
        if amount is None:
            missing = self.payer in ("receiver", "supplier") and not self._is_filled("price_per_tonne")
            return ("price_per_tonne", "price_missing") if missing else None
        if amount < 0:
            return "price_per_tonne", "price_negative"
        if payer == "negotiable":
            return "price_per_tonne", "price_negotiable"
        return None if payer or self._is_filled("who_pays") else ("who_pays", "payer_missing")

    def _is_filled(self, column: str) -> bool:
        """Whether the cell holds anything, be it unreadable."""
        return column in self.row.texts or any(fault.column == column for fault in self.row.faults)

    def _amount(self, text: str | None) -> float | None:
        """CNY for a tonne."""
        if text is None:
            return None
        try:
            amount, unit = price_in(text)
        except ValueError:
            self.add_fault("price_per_tonne", "not_a_price" if OTHER_UNIT.search(text) else "not_a_number")
            return None
        unit = unit or price_unit(self.row.implied.get("price_unit", "")) or "t"
        return float(amount / UNITS[unit][1])
