"""Warnings as staff read them: the highest risk first, a regulator those of its own region."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...errors import NotFound
from ...events import service as events
from ...events.actor import REGULATOR, Actor
from ...http.languages import language
from ...messages.names import Name, readable
from ..models import EarlyWarning, WarningPart

ABOUT = (
    Enterprise.id, Enterprise.name, Enterprise.grade, Enterprise.credit_milli, Enterprise.region,
    EarlyWarning.risk, EarlyWarning.parts, EarlyWarning.others, EarlyWarning.computed_on,
)  # fmt: skip


def search(actor: Actor, query: dict[str, Any], after: list[Any] | None) -> Sequence[Any]:
    """A page of the warnings that the actor may see, and one more, the highest risk first.

    Args:
        query: filters and `limit`, as EarlyWarningQuery reads them.
        after: risk and enterprise where the last page ended.
    """
    key = tuple_(EarlyWarning.risk, EarlyWarning.enterprise_id)
    rows = select(*ABOUT).join(Enterprise, Enterprise.id == EarlyWarning.enterprise_id)
    rows = rows.where(EarlyWarning.risk >= query["min_risk"], Enterprise.status == EnterpriseStatus.APPROVED)
    if actor.kind == REGULATOR:
        rows = rows.where(catalogue.within(Enterprise.region, actor.region or 0))
    if query["region"] is not None:
        rows = rows.where(catalogue.within(Enterprise.region, query["region"]))
    if after is not None:
        rows = rows.where(key < tuple(after))
    highest_first = rows.order_by(EarlyWarning.risk.desc(), EarlyWarning.enterprise_id.desc())
    found = db.session.execute(highest_first.limit(query["limit"] + 1)).all()
    for row in found[: query["limit"]]:
        events.note_read(actor, events.CREDIT, row.id)
    return found


def find(actor: Actor, enterprise_id: UUID) -> Any:
    """The warning about an enterprise that the actor oversees, as a row of `search`. Raises: NotFound."""
    enterprises.find_governed(actor, enterprise_id)
    rows = select(*ABOUT).join(Enterprise, Enterprise.id == EarlyWarning.enterprise_id)
    row = db.session.execute(rows.where(Enterprise.id == enterprise_id)).one_or_none()
    if row is None:
        raise NotFound()
    events.note_read(actor, events.CREDIT, enterprise_id)
    return row


def position(row: Any) -> list[float | UUID]:
    """Where a page ended that ended with this warning."""
    return [row.risk, row.id]


def present(row: Any) -> dict[str, Any]:
    """A warning with the names of its parts in the reader's language."""
    return {
        "enterprise": enterprises.reference_to(row),
        "region": row.region,
        "risk": row.risk,
        "parts": [{**part, "text": _name(part["part"])} for part in row.parts],
        "others_log_odds": row.others,
        "computed_on": row.computed_on,
    }


def _name(part: str) -> str:
    return str(readable(Name("warning_part", part), language())) if part in set(WarningPart) else part
