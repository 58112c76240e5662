"""The legal bases that ship: each provision the product cites, its validity, and what replaced it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from seed.catalogue.files import DATA
from seed.table import Record, records

LEGAL_BASES = DATA / "legal_bases.csv"
BASIS_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
ARTICLE = re.compile(r"\d+( §\d+(-\d+)?)?( \(\d+\))?", re.ASCII)
HEADER = (
    "id", "title", "title_en", "article", "valid_from", "valid_until", "replaced_by", "text_zh", "text_en",
    "source",
)  # fmt: skip


@dataclass(frozen=True)
class LegalBasisRow:
    """A provision, or a text that is cited whole; `valid_until` is the last day in force."""

    id: str
    title: str
    title_en: str
    article: str
    valid_from: date
    valid_until: date | None
    replaced_by: str | None
    text_zh: str
    text_en: str
    source: str


def read_legal_bases(path: Path | str = LEGAL_BASES) -> tuple[LegalBasisRow, ...]:
    """Every legal basis.

    Raises:
        SeedError: the first malformed row, an id twice, or a successor that is missing or not in force on
            the day after.
    """
    found: dict[str, tuple[Record, LegalBasisRow]] = {}
    for record in records(Path(path), HEADER):
        row = _row(record)
        if row.id in found:
            raise record.error("id", f"{row.id} is listed above already")
        found[row.id] = record, row
    for record, row in found.values():
        _check_succession(record, row, {row_id: row for row_id, (_, row) in found.items()})
    return tuple(row for _, row in found.values())


def _row(record: Record) -> LegalBasisRow:
    until = _day(record, "valid_until") if record.optional("valid_until") else None
    first = _day(record, "valid_from")
    if until is not None and until < first:
        raise record.error("valid_until", "is before valid_from")
    article = record.optional("article")
    if article and not ARTICLE.fullmatch(article):
        raise record.error("article", f"{article!r} is no article such as 476, 476 §2 or 1171 (3)")
    texts = {name: record.text(name) for name in ("title", "title_en", "text_zh", "text_en", "source")}
    return LegalBasisRow(
        id=record.matching("id", BASIS_ID, "an id of small letters, digits and hyphens"),
        article=article,
        valid_from=first,
        valid_until=until,
        replaced_by=record.optional("replaced_by") or None,
        **texts,
    )


def _day(record: Record, column: str) -> date:
    try:
        return date.fromisoformat(record.text(column))
    except ValueError as error:
        raise record.error(column, "is no day YYYY-MM-DD") from error


def _check_succession(record: Record, row: LegalBasisRow, rows: dict[str, LegalBasisRow]) -> None:
    if row.replaced_by is None:
        return
    successor = rows.get(row.replaced_by)
    if successor is None:
        raise record.error("replaced_by", f"{row.replaced_by} is not in this file")
    if row.valid_until is None or successor.valid_from <= row.valid_until:
        raise record.error("replaced_by", f"{row.replaced_by} is in force while {row.id} still is")
