"""Rows of a feed: each is judged, recorded once, and marked with what became of it, in one transaction."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import select

from ....database import db
from ....enterprises.models import Enterprise, EnterpriseStatus
from ....errors import DomainError
from ....events.actor import ADMIN, Actor
from ....events.work import Work
from ....http.languages import render_all
from ....http.problems import messages_by_field
from ...models import CreditEvent, CreditImport, CreditImportRow, CreditReference, CreditUnmatched, FeedResult
from ...schemas import FeedRowSchema
from ..assessments import TO_NEXT, lock_assessed
from ..events import add_event, require_recordable
from ..standings import lock_enterprise, refresh_standing

ROW = FeedRowSchema()
KNOWN = (EnterpriseStatus.APPROVED, EnterpriseStatus.SUSPENDED)
"""Who has a USCC for certain. Anybody may register one that is not its own: what a feed says is shown to no
one before an admin has approved it."""
Problem = dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What became of a row."""

    result: FeedResult
    event: CreditEvent | None = None
    problems: list[Problem] = field(default_factory=list)


def record_rows(work: Work, feed: CreditImport, first: int, last: int) -> None:
    """Record the rows of a feed from one number to another that have no result yet.

    They are taken enterprise by enterprise, whose standing is computed once for all of them, and always in
    the same order: so feeds that are recorded at once wait for each other's locks and never in a circle.
    """
    unseen = (CreditImportRow.import_id == feed.id, CreditImportRow.result.is_(None))
    query = select(CreditImportRow).where(*unseen, CreditImportRow.number.between(first, last))
    rows = work.session.scalars(query.order_by(CreditImportRow.number).with_for_update()).all()
    good = [(row, data) for row in rows if (data := _judged(row)) is not None]
    for uscc, group in groupby(sorted(good, key=_order), key=lambda judged: judged[1]["uscc"]):
        _record_group(work, feed, uscc, list(group))


def _order(judged: tuple[CreditImportRow, dict[str, Any]]) -> tuple[str, str, int]:
    row, data = judged
    return data["uscc"], data["reference"], row.number


def _judged(row: CreditImportRow) -> dict[str, Any] | None:
    """What a row says; None if it is refused by itself."""
    try:
        data = loaded(row.data)
    except ValidationError as error:
        _mark(row, Outcome(FeedResult.REFUSED, problems=[*row.problems, *_problems(error)]))
        return None
    if row.problems:
        _mark(row, Outcome(FeedResult.REFUSED, problems=row.problems))
        return None
    return data


def _mark(row: CreditImportRow, outcome: Outcome) -> None:
    row.result, row.problems = outcome.result, outcome.problems
    row.event_id = outcome.event.id if outcome.event else None


def _record_group(
    work: Work, feed: CreditImport, uscc: str, group: list[tuple[CreditImportRow, dict[str, Any]]]
) -> None:
    enterprise_id = enterprise_with(uscc)
    if enterprise_id is not None and any(data["rule"] == TO_NEXT for _, data in group):
        lock_assessed(work, enterprise_id)
    enterprise = None if enterprise_id is None else lock_enterprise(work, enterprise_id)
    for row, data in group:
        _mark(row, _outcome(work, feed, enterprise, row, data))
    if enterprise is not None and any(row.result == FeedResult.RECORDED for row, _ in group):
        refresh_standing(work, enterprise)


def _outcome(
    work: Work, feed: CreditImport, enterprise: Enterprise | None, row: CreditImportRow, data: dict[str, Any]
) -> Outcome:
    digest = _digest(data)
    work.lock_name(f"credit_reference:{feed.source}:{data['reference']}")
    known = work.session.get(CreditReference, (feed.source, data["reference"]), populate_existing=True)
    if known is not None:
        return _known_before(known, digest)
    about = {"source": feed.source, "reference": data["reference"]}
    try:
        terms = require_recordable(sender_of(feed), said := event_data(feed.source, data))
        with work.savepoint():
            if enterprise is None:
                work.add(CreditReference(digest=digest, **about))
                work.add(CreditUnmatched(import_id=feed.id, uscc=data["uscc"], data=dict(row.data), **about))
                return Outcome(FeedResult.UNMATCHED, problems=[_said("feed_uscc_unknown", "uscc")])
            event, _ = add_event(work, sender_of(feed), enterprise, said, terms)
            work.add(CreditReference(digest=digest, event_id=event.id, **about))
    except DomainError as error:
        return Outcome(FeedResult.REFUSED, problems=[problem_of(error)])
    return Outcome(FeedResult.RECORDED, event)


def _problems(error: ValidationError) -> list[Problem]:
    """What is wrong with a row by itself."""
    return [
        {"field": path or "row", "code": str(message), "detail": render_all(str(message), message.facts)}
        for path, message in messages_by_field(error.messages)
    ]


def loaded(data: Mapping[str, Any]) -> dict[str, Any]:
    """A row by its schema. Raises: ValidationError."""
    found: dict[str, Any] = ROW.load(data)
    return found


def _digest(data: Mapping[str, Any]) -> bytes:
    """Of all that a row says: the same entry, however it was written."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).digest()


def _known_before(known: CreditReference, digest: bytes) -> Outcome:
    if known.digest == digest:
        return Outcome(FeedResult.SKIPPED, problems=[_said("feed_reference_known", "reference")])
    facts = {"day": known.created_at.date().isoformat()}
    return Outcome(FeedResult.CONFLICTING, problems=[_said("feed_reference_differs", "reference", **facts)])


def sender_of(feed: CreditImport) -> Actor:
    """Who sent a feed, and so recorded what is in it: another must decide of it."""
    return Actor(ADMIN, feed.created_by, scopes=frozenset({"admin"}))


def enterprise_with(uscc: str) -> UUID | None:
    """The enterprise that certainly has this code."""
    query = select(Enterprise.id).where(Enterprise.uscc == uscc, Enterprise.status.in_(KNOWN))
    return db.session.scalars(query).one_or_none()


def event_data(source: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What `record_event` takes of a row, but for the enterprise."""
    said = {name: value for name, value in data.items() if name not in ("reference", "uscc")}
    return said | {
        "note": data["note"] or f"{source} {data['reference']}",
        "evidence": f"{source} {data['reference']}",
    }


def problem_of(error: DomainError) -> Problem:
    """Why something was not recorded, with its sentence in all languages, to be stored."""
    return {"field": error.at or "row", "code": error.code, "detail": render_all(error.code, error.facts)}


def _said(code: str, at: str, **facts: Any) -> Problem:
    return {"field": at, "code": code, "detail": render_all(code, facts)}
