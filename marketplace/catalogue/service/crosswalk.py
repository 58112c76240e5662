"""What stands for what: codes above and below each other, and local codes mapped to national ones."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased

from matching import CATEGORY_FACTOR

from ...database import db
from ..models import Crosswalk, WasteCode
from .codes import is_any_of


@dataclass(frozen=True, slots=True)
class Alias:
    """`alias_id` stands for `code_id` where a demand accepts it or a permit covers it, worth `factor`."""

    code_id: int
    alias_id: int
    factor: float


def aliases_of(code_ids: Iterable[int]) -> list[Alias]:
    """Everything that stands for these supply codes: themselves, what is above, what they map to.

    A code above is worth `matching.CATEGORY_FACTOR`, a mapped one its confidence, one above a mapped one the
    product of both.
    """
    given = set(code_ids)
    mapped = db.session.execute(
        select(Crosswalk.local_id, Crosswalk.national_id, Crosswalk.confidence).where(
            is_any_of(Crosswalk.local_id, given)
        )
    ).all()
    starts = [(code_id, code_id, 1.0) for code_id in given]
    starts += [(local_id, national_id, confidence) for local_id, national_id, confidence in mapped]
    above = _ancestors({start for _, start, _ in starts})
    aliases = []
    for code_id, start, factor in starts:
        aliases.append(Alias(code_id, start, factor))
        aliases += [Alias(code_id, ancestor, CATEGORY_FACTOR * factor) for ancestor in above[start]]
    return aliases


def codes_that_fit(accepted: Iterable[int]) -> set[int]:
    """Ids of every supply code that a demand for `accepted` can take: the reverse of `aliases_of`."""
    below = _with_descendants(set(accepted))
    local = db.session.scalars(select(Crosswalk.local_id).where(is_any_of(Crosswalk.national_id, below)))
    return below | set(local)


def _ancestors(code_ids: set[int]) -> dict[int, list[int]]:
    """Ids above each code, nearest first; a scheme has at most two levels above a code."""
    parent = aliased(WasteCode)
    rows = db.session.execute(
        select(WasteCode.id, WasteCode.parent_id, parent.parent_id)
        .outerjoin(parent, parent.id == WasteCode.parent_id)
        .where(is_any_of(WasteCode.id, code_ids))
    ).all()
    return {
        code_id: [ancestor for ancestor in ancestors if ancestor is not None] for code_id, *ancestors in rows
    }


def _with_descendants(code_ids: set[int]) -> set[int]:
    child, grandchild = aliased(WasteCode), aliased(WasteCode)
    rows = db.session.execute(
        select(child.id, grandchild.id)
        .outerjoin(grandchild, grandchild.parent_id == child.id)
        .where(child.parent_id.in_(code_ids))
    ).all()
    return code_ids | {descendant for row in rows for descendant in row if descendant is not None}
