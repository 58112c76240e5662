"""What a sheet holds beside its listings: it is left out, and the answer says so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ....errors import Notice
from ....spreadsheets.xlsx_parts import Cell
from .number_cells import half_width

TOTAL = re.compile(
    r"(?:本页|本月|本年|全年|全部|月|年)?(?:合计|小计|总计|共计|累计|总和|汇总|总数)(?:数|量|数量)?(?:[:(].*|[\d,.]+.*)?"
    r"|(?:grand |sub-?)?totals?(?:[:(].*| *[\d,.]+.*)?|sum:?",
    re.IGNORECASE | re.DOTALL,
)
NOTE = re.compile(
    r"(?:注|备注|说明|填表说明|填报说明|填表人|填报人|制表人?|审核人?|复核|负责人|经办人|联系人|填表日期|填报日期|单位负责人"
    r"|日期|盖章|note|notes|remarks?|prepared by|approved by|signature|date)\s*\d*[:.、].*",
    re.IGNORECASE | re.DOTALL,
)
MOST_SPANS = 20


class RowNumbers:
    """Numbers of rows, kept as ranges: a million hidden rows are one. Of the ranges the first are kept."""

    def __init__(self) -> None:
        self._spans: list[list[int]] = []

    def __bool__(self) -> bool:
        return bool(self._spans)

    def add(self, number: int) -> None:
        """Add a number; they come in rising order."""
        if self._spans and self._spans[-1][1] == number - 1:
            self._spans[-1][1] = number
        elif len(self._spans) <= MOST_SPANS:
            self._spans.append([number, number])

    def shown(self) -> str:
        """Such as 3, 5-8; the first twenty ranges."""
        texts = (str(first) if first == last else f"{first}-{last}" for first, last in self._spans)
        shown = ", ".join(text for _, text in zip(range(MOST_SPANS), texts, strict=False))
        return shown + (", ..." if len(self._spans) > MOST_SPANS else "")


@dataclass(slots=True)
class LeftOut:
    """Rows, columns and sheets that are not imported, by reason."""

    above: RowNumbers = field(default_factory=RowNumbers)
    headings: RowNumbers = field(default_factory=RowNumbers)
    totals: RowNumbers = field(default_factory=RowNumbers)
    notes: RowNumbers = field(default_factory=RowNumbers)
    hidden_rows: RowNumbers = field(default_factory=RowNumbers)
    columns: list[str] = field(default_factory=list)
    hidden_columns: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)

    def notices(self, sheet: str) -> Iterator[Notice]:
        """What the answer says of it; `sheet` is the name of the one that was read."""
        rows = (
            (Notice("hidden_rows_left_out", "file"), self.hidden_rows),
            (Notice("total_rows_left_out", "file"), self.totals),
            (Notice("note_rows_left_out", "file"), self.notes),
            (Notice("rows_above_left_out", "file"), self.above),
            (Notice("heading_rows_left_out", "file"), self.headings),
        )
        for notice, numbers in rows:
            if numbers:
                yield replace(notice, facts={"rows": numbers.shown()})
        if self.hidden_columns:
            yield Notice(
                "hidden_columns_left_out", "file", {"headings": ", ".join(self.hidden_columns[:MOST_SPANS])}
            )
        if self.columns:
            yield Notice("columns_left_out", "file", {"headings": ", ".join(self.columns[:MOST_SPANS])})
        if self.sheets:
            facts = {"sheet": sheet, "others": ", ".join(self.sheets[:MOST_SPANS])}
            yield Notice("sheets_left_out", "file", facts)


def is_total(cells: list[Cell], texts: dict[str, str]) -> bool:
    """Whether a row sums up others: one of its texts says so, and it names no waste of its own."""
    if "waste_codes" in texts and not TOTAL.fullmatch(_tight(texts["waste_codes"])):
        return False
    return any(TOTAL.fullmatch(_tight(cell.text)) for cell in cells if not cell.is_number or _is_text(cell))


def is_note(cells: list[Cell], texts: dict[str, str]) -> bool:
    """Whether a row is a note or a signature below the table."""
    filled = [cell for cell in cells if cell.text.strip()]
    return "quantity" not in texts and bool(filled) and NOTE.fullmatch(_tight(filled[0].text)) is not None


def _is_text(cell: Cell) -> bool:
    return not cell.text.strip()[:1].isdigit()


def _tight(text: str) -> str:
    """Half-width, without blanks in Chinese: 合 计 is 合计."""
    folded = " ".join(half_width(text[:200]).split())
    return folded if folded.isascii() else folded.replace(" ", "")
