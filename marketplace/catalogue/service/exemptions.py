"""Treatments, and the items of the exemption list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ...database import db, is_among
from ..models import ExemptionItem, Mode, Treatment
from .lookup_cache import READ_EXEMPTIONS, lookup_cache


def treatments() -> Mapping[str, Mode]:
    """What each treatment does with the waste, by treatment code."""
    if (cache := lookup_cache()) is not None:
        return cache.treatments
    return dict(db.session.execute(select(Treatment.code, Treatment.mode)).all())


def treatment_names(language: str) -> Mapping[str, str]:
    """What each treatment is called, by treatment code: recovery and disposal, each by its number."""
    if (cache := lookup_cache()) is not None:
        found = cache.treatment_names[language]
    else:
        name = Treatment.name_zh if language == "zh" else Treatment.name_en
        found = dict(db.session.execute(select(Treatment.code, name)).all())
    return {code: found[code] for code in sorted(found, key=lambda code: (code[0], int(code[1:])))}


def exemption_rows(code_ids: Iterable[int]) -> Sequence[Any]:
    """Rows of the exemption list that name one of these codes: `item`, `code_id`, `stages`."""
    wanted = set(code_ids)
    if (cache := lookup_cache()) is not None:
        return [row for code_id in wanted for row in cache.exemptions.get(code_id, ())]
    return db.session.execute(READ_EXEMPTIONS.where(is_among(ExemptionItem.code_id, wanted))).all()


def exemption_exists(item: int) -> bool:
    """Whether the exemption list has an item of that number."""
    if (cache := lookup_cache()) is not None:
        return any(row.item == item for rows in cache.exemptions.values() for row in rows)
    return db.session.scalar(select(ExemptionItem.id).filter_by(item=item).limit(1)) is not None
