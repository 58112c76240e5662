"""What boards say of enterprises and of events in their records: nothing of people, places and notes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select

from ...catalogue import service as catalogue
from ...credit import service as credit
from ...credit.models import CreditEvent
from ...database import db, is_among
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...http.languages import language
from ...law import service as law

ABOUT = (
    Enterprise.id, Enterprise.name, Enterprise.uscc, Enterprise.region, Enterprise.grade,
    Enterprise.credit_milli,
)  # fmt: skip


def has_event(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an enterprise has a credit event that meets the conditions."""
    return exists().where(CreditEvent.enterprise_id == Enterprise.id, *conditions)


def is_asked_for(query: Mapping[str, Any]) -> Iterable[ColumnElement[bool]]:
    """The conditions of an enterprise by the filters of a board."""
    if query["q"]:
        yield enterprises.is_named(query["q"])
    if query["region"] is not None:
        yield catalogue.within(Enterprise.region, query["region"])


def events_of(rows: Sequence[Any], *conditions: ColumnElement[bool]) -> dict[UUID, list[CreditEvent]]:
    """Those events of enterprises that meet the conditions, by enterprise, the latest first."""
    found: dict[UUID, list[CreditEvent]] = defaultdict(list)
    ids = [row.id for row in rows]
    events = select(CreditEvent).where(is_among(CreditEvent.enterprise_id, ids), *conditions)
    newest_first = (CreditEvent.effective_on.desc(), CreditEvent.id.desc())
    for event in db.session.scalars(events.order_by(*newest_first)) if ids else ():
        found[event.enterprise_id].append(event)
    return found


def titles_of(events: Mapping[UUID, Sequence[CreditEvent]]) -> dict[UUID, str]:
    """What those events are called in the reader's language, by id."""
    return credit.titles_of([event for each in events.values() for event in each], language())


def present_enterprise(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "uscc", "region")}


def citation_of(event: CreditEvent) -> str | None:
    """What an event cites of the law, in the reader's language; None of what somebody cited in own words."""
    basis = law.current_book().bases.get(event.basis or "")
    return law.citation(basis, language()) if basis else None
