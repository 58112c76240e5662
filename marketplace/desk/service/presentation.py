"""Items as the API shows them: what each is in a sentence, and where to go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from ...credit import service as credit
from ...credit.models import CreditEvent
from ...events import service as reads
from ...events.actor import Actor
from ..models import DeskKind
from .source import KINDS
from .sources import SOURCE_OF

OF_RECORDS = {
    DeskKind.APPEAL, DeskKind.REPAIR, DeskKind.PROVISIONAL_BLOCK, DeskKind.EXPIRING_EVALUATION,
    DeskKind.GRADE_CHANGE, DeskKind.EARLY_WARNING,
}  # fmt: skip
"""Kinds that show something of an enterprise's credit record: that an officer saw it is noted."""


@dataclass(frozen=True, slots=True)
class RuleOfItem:
    """By which rule of which table the event was recorded that an item is about."""

    id: UUID
    rule: str
    rule_version: int


def present_items(actor: Actor, rows: Sequence[Any], language: str) -> list[dict[str, Any]]:
    """Rows of `search` as items; the titles of all rules are looked up together.

    `region_to` is the other region that an item concerns, None mostly.
    """
    titles = _titles(rows, language)
    for row in rows:
        if KINDS[row.place] in OF_RECORDS:
            reads.note_read(actor, reads.CREDIT, row.enterprise_id)
    return [_item(row, titles, language) for row in rows]


def _titles(rows: Iterable[Any], language: str) -> dict[UUID, str]:
    about = [RuleOfItem(row.id, row.rule, row.rule_version) for row in rows if row.rule is not None]
    return credit.titles_of(cast(Sequence[CreditEvent], about), language)


def _item(row: Any, titles: dict[UUID, str], language: str) -> dict[str, Any]:
    kind = KINDS[row.place]
    source, facts = SOURCE_OF[kind], {**(row.facts or {}), "title": titles.get(row.id)}
    firm = {"id": row.enterprise_id, "name": row.name, "region": row.region}
    officer = {"id": row.assigned_to, "name": row.officer}
    return {
        "kind": kind,
        "id": row.id,
        "enterprise": firm if row.enterprise_id is not None else None,
        "region": row.region,
        "region_to": row.region_to,
        "since": row.since,
        "due": row.due,
        "assigned_to": officer if row.assigned_to is not None else None,
        "title": source.title(facts, row.due, language),
        "path": source.path.format(id=row.id, enterprise_id=row.enterprise_id, **facts),
    }
