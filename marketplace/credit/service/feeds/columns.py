"""The columns of a feed, by name and by the headings that people write."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name as in JSON, and its heading in both languages."""

    name: str
    zh: str
    en: str
    required: bool = False

    @property
    def heading(self) -> str:
        """As the template and reports have it."""
        return f"{self.zh} / {self.en}{'*' if self.required else ''}"


COLUMNS = {
    column.name: column
    for column in (
        Column("reference", "外部编号", "reference", required=True),
        Column("uscc", "统一社会信用代码", "USCC", required=True),
        Column("rule", "规则代码", "rule", required=True),
        Column("effective_on", "生效日期", "effective on", required=True),
        Column("document", "决定书文号", "document number"),
        Column("authority", "作出机关", "authority"),
        Column("acted_on", "行为日期", "acted on"),
        Column("decided_on", "决定日期", "decided on"),
        Column("served_on", "送达日期", "served on"),
        Column("basis", "法律依据", "legal basis"),
        Column("amount_cny", "金额（元）", "amount (CNY)"),
        Column("note", "备注", "note"),
    )
}
WHOLE_ROW = Column("row", "整行", "row")
"""Where a fault is of no column."""
LONGEST_HEADING = 200


def _folded(text: str) -> str:
    """A heading as it is compared: width, case, blanks, underscores and asterisks make no difference."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_HEADING]).casefold()
    return "".join(letter for letter in plain if letter not in "*_" and not letter.isspace())


_BY_HEADING = {
    _folded(heading): column.name
    for column in COLUMNS.values()
    for heading in (column.name, column.zh, column.en, column.heading)
}


def column_of(heading: str) -> str | None:
    """The name of the column that a heading means; None if none."""
    return _BY_HEADING.get(_folded(heading))


def feed_heading(column: str, language: str) -> str:
    """The heading of a column by its name; of an unknown one what was written."""
    known = COLUMNS.get(column, WHOLE_ROW if column == WHOLE_ROW.name else None)
    return column if known is None else known.zh if language == "zh" else known.en


def chinese_headings() -> frozenset[str]:
    """By which a text shows that it is Chinese of the mainland."""
    return frozenset(column.zh for column in COLUMNS.values())
