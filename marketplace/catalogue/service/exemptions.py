"""Treatments, and the items of the exemption list."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from ...database import db
from ..models import ExemptionItem, Mode, Treatment
from .codes import is_any_of
from .lookup_cache import lookup_cache


def treatments() -> Mapping[str, Mode]:
    """What each treatment does with the waste, by treatment code."""
    if (cache := lookup_cache()) is not None:
        return cache.treatments
    return dict(db.session.execute(select(Treatment.code, Treatment.mode)).all())


def exemption_rows(code_ids: Iterable[int]) -> Sequence[ExemptionItem]:
    """Rows of the exemption list that name one of these codes."""
    rows = select(ExemptionItem).where(is_any_of(ExemptionItem.code_id, set(code_ids)))
    return db.session.scalars(rows).all()


def exemption_exists(item: int) -> bool:
    """Whether the exemption list has an item of that number."""
    if (cache := lookup_cache()) is not None:
        return item in cache.exemptions
    return db.session.scalar(select(ExemptionItem.id).filter_by(item=item).limit(1)) is not None
