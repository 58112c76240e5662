"""Look-ups answered from memory, for one transaction over many rows that asks the same again and again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import select

from ...database import db
from ..models import ExemptionItem, Mode, Region, Treatment, WasteCode


@dataclass(frozen=True, slots=True)
class Memory:
    """What one transaction over many rows looks up again and again."""

    codes: dict[str, list[WasteCode]]
    by_id: dict[int, WasteCode]
    schemes: frozenset[str]
    regions: dict[int, Region]
    treatments: dict[str, Mode]
    exemptions: frozenset[int]

    def learn(self, row: WasteCode) -> None:
        self.codes[row.code].append(row)
        self.by_id[row.id] = row


_memory: ContextVar[Memory | None] = ContextVar("memory", default=None)


def memory() -> Memory | None:
    """What this transaction remembers, None for nothing."""
    return _memory.get()


@contextmanager
def remembering(codes: Iterable[str], regions: Iterable[int]) -> Iterator[None]:
    """Answer look-ups from memory while this lasts; `codes` and `regions` are all that will be asked for."""
    rows = db.session.scalars(select(WasteCode).where(WasteCode.code.in_(set(codes))))
    places = db.session.scalars(select(Region).where(Region.adcode.in_(set(regions))))
    found = Memory(
        codes=defaultdict(list),
        by_id={},
        schemes=frozenset(db.session.scalars(select(WasteCode.scheme).distinct())),
        regions={row.adcode: row for row in places},
        treatments=dict(db.session.execute(select(Treatment.code, Treatment.mode)).all()),
        exemptions=frozenset(db.session.scalars(select(ExemptionItem.item))),
    )
    for row in rows:
        found.learn(row)
    before = _memory.set(found)
    try:
        yield
    finally:
        _memory.reset(before)
