"""What can be wrong with the ledger, and the first row that is."""

from dataclasses import dataclass
from enum import StrEnum


class LedgerFault(StrEnum):
    CONTENT = "content"
    """An entry's digest does not follow from the entry before it and what it says."""
    SEAL = "seal"
    """An entry was not made with the key that it names."""
    KEY = "key"
    """An entry, a head or an anchor names a key that the settings do not have."""
    GAP = "gap"
    """An entry before this one is missing."""
    TAIL = "tail"
    """The head counts an entry that is missing."""
    HEAD = "head"
    """The head of a chain is missing, not signed by us, or counts fewer entries than there are."""
    ROW_CHANGED = "row_changed"
    """A row is not what its last entry says."""
    ROW_MISSING = "row_missing"
    """A row that was entered is gone."""
    ROW_ADDED = "row_added"
    """A row was never entered."""
    ANCHORED = "anchored"
    """An anchor knows an entry that is missing, or another in its place."""
    ANCHOR = "anchor"
    """An anchor is missing, out of order, or not as it was signed."""


SENTENCES = {
    LedgerFault.CONTENT: "the entry was changed: its digest does not follow from what it says",
    LedgerFault.SEAL: "the entry was not made with our key",
    LedgerFault.KEY: "its key is not set: add it to CREDIT_LEDGER_KEYS or CREDIT_ANCHOR_PUBLIC_KEYS",
    LedgerFault.GAP: "the entry is missing",
    LedgerFault.TAIL: "the entry is missing at the end of its chain",
    LedgerFault.HEAD: "the head of the chain is missing, was changed, or is older than its entries",
    LedgerFault.ROW_CHANGED: "the row is not as it was entered",
    LedgerFault.ROW_MISSING: "the row was entered and is gone",
    LedgerFault.ROW_ADDED: "the row was never entered",
    LedgerFault.ANCHORED: "the entry is missing, or is not the one that was anchored",
    LedgerFault.ANCHOR: "the anchor is missing, out of order, or not as it was signed",
}
"""What an operator reads of each."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """What is wrong, and where: entry `no` of an enterprise's chain, the row it is about, or an anchor."""

    fault: LedgerFault
    enterprise_id: str | None = None
    no: int | None = None
    kind: str | None = None
    row_id: str | None = None
    anchor: int | None = None

    def __str__(self) -> str:
        parts = {
            "anchor": self.anchor,
            "enterprise": self.enterprise_id,
            "entry": self.no,
            self.kind or "row": self.row_id,
        }
        place = ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None)
        return f"{place}: {SENTENCES[self.fault]}"


class BadRowFound(Exception):
    """Ends a verification at the first bad row."""

    def __init__(self, row: BadRow) -> None:
        super().__init__(str(row))
        self.row = row
