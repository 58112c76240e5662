"""Manifests listed: by who takes part or oversees, what is expected, and how many are closed."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select, tuple_

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import NotFound
from ...events.actor import Actor
from ..models import (
    BEFORE_PICKUP,
    CLOSED_STATES,
    IN_FLIGHT,
    LateStage,
    Manifest,
    ManifestDelay,
    ManifestKind,
    ManifestLeg,
    ManifestLine,
    ManifestMismatch,
    ManifestStatus,
)
from .finding import ROWS, visible

TO_PICK_UP = BEFORE_PICKUP[1:]
"""A draft is not expected yet."""
EXPECTED = (*TO_PICK_UP, ManifestStatus.MOVING, ManifestStatus.DELIVERED)
MOST_RATES = 500
"""Senders or districts that one answer counts apart, the lowest rate first."""
COLUMN_OF_ROLE = {
    "supplier": Manifest.sender_id,
    "transporter": Manifest.transporter_id,
    "receiver": Manifest.receiver_id,
}


def search(actor: Actor, query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Any]:
    """At most `limit` manifests that the actor may see, newest first, older than `after`: rows of columns."""
    rows = ROWS.where(visible(actor), *_filters(actor, query))
    if after is not None:
        rows = rows.where(Manifest.id < after)
    return db.session.execute(rows.order_by(Manifest.id.desc()).limit(limit)).all()


Condition = Callable[[Actor, Any], ColumnElement[bool]]
FILTERS: dict[str, Condition] = {
    "status": lambda actor, wanted: Manifest.status.in_(wanted),
    "role": lambda actor, role: COLUMN_OF_ROLE[role] == actor.enterprise_id,
    "mine": lambda actor, _: or_(*(column == actor.enterprise_id for column in COLUMN_OF_ROLE.values())),
    "from_": lambda actor, day: Manifest.created_at >= _first_moment(day),
    "until": lambda actor, day: Manifest.created_at < _first_moment(day + timedelta(days=1)),
    "deal_id": lambda actor, deal_id: Manifest.id.in_(
        select(ManifestLine.manifest_id).where(ManifestLine.deal_id == deal_id)
    ),
    "number": lambda actor, number: or_(Manifest.number == number, Manifest.official_number == number),
    "region": lambda actor, region: catalogue.within(Manifest.region, region),
    "differing": lambda actor, _: Manifest.id.in_(select(ManifestMismatch.manifest_id)),
    "today": lambda actor, _: of_today(),
    "late": lambda actor, _: Manifest.id.in_(
        select(ManifestDelay.manifest_id).where(ManifestDelay.stage != LateStage.REMINDED)
    ),
}
"""What each parameter of the list asks for; one that is not given filters nothing."""


def _filters(actor: Actor, query: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [condition(actor, query[name]) for name, condition in FILTERS.items() if query.get(name)]


def of_today() -> ColumnElement[bool]:
    """The condition of the loads of today: to be picked up by now, on their way, at the receiver's gate, or
    picked up or received today."""
    today = clock.today()
    return or_(
        Manifest.status.in_(TO_PICK_UP) & (Manifest.planned_on <= today),
        Manifest.status.in_((ManifestStatus.MOVING, ManifestStatus.DELIVERED)),
        Manifest.picked_up_at >= _first_moment(today),
        Manifest.received_at >= _first_moment(today),
    )


def find_of_today(actor: Actor, manifest_id: UUID) -> Any:
    """A load of today that the actor's vehicles carry, as a row to be shown. Raises: NotFound."""
    is_carried = or_(
        Manifest.transporter_id == actor.enterprise_id,
        Manifest.id.in_(
            select(ManifestLeg.manifest_id).where(ManifestLeg.transporter_id == actor.enterprise_id)
        ),
    )
    row = db.session.execute(ROWS.where(Manifest.id == manifest_id, is_carried, of_today())).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _first_moment(day: Any) -> datetime:
    return datetime.combine(day, time(), clock.LOCAL)


def expected(actor: Actor, query: dict[str, Any], after: list[Any] | None, limit: int) -> Sequence[Any]:
    """Loads on their way to the actor, or planned to come, by the day on which they leave: rows."""
    position = tuple_(Manifest.planned_on, Manifest.id)
    rows = ROWS.where(Manifest.receiver_id == actor.enterprise_id, Manifest.status.in_(EXPECTED))
    if query["from_"] is not None:
        rows = rows.where(Manifest.planned_on >= query["from_"])
    if query["until"] is not None:
        rows = rows.where(Manifest.planned_on <= query["until"])
    if after is not None:
        rows = rows.where(position > (date.fromisoformat(after[0]), after[1]))
    return db.session.execute(rows.order_by(Manifest.planned_on, Manifest.id).limit(limit)).all()


def closing_rate(actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """How many of the manifests issued in a period are closed: in all, and by sender or district."""
    group: list[Any] = [Manifest.region]
    if query["by"] == "enterprise":
        group.append(Manifest.sender_id)
    issued = func.count().label("issued")
    closed = func.sum(case((Manifest.status.in_(CLOSED_STATES), 1), else_=0)).label("closed")
    counted = select(*group, issued, closed).where(visible(actor), *_issued_in(query)).group_by(*group)
    rows = db.session.execute(counted).all()
    senders = enterprises.by_id({row.sender_id for row in rows}) if query["by"] == "enterprise" else {}
    items = [
        {"region": row.region, **_rate(row.issued, row.closed)}
        | ({"enterprise": enterprises.reference_to(senders[row.sender_id])} if senders else {})
        for row in rows
    ]
    items.sort(key=lambda item: (item["rate"], -item["issued"]))
    total = _rate(sum(row.issued for row in rows), sum(row.closed for row in rows))
    return {**total, "items": items[:MOST_RATES]}


def carried_in_all(since: date) -> dict[str, Any]:
    """How many manifests were issued from that day on and how many of them are closed, whoever's they are,
    and the kilograms that were accepted with those; a way back carries nothing anywhere."""
    is_closed = Manifest.status.in_(CLOSED_STATES)
    closed = func.count().filter(is_closed)
    moved = func.sum(Manifest.accepted_kg).filter(is_closed, Manifest.kind != ManifestKind.RETURN)
    query = select(func.count(), closed, moved).where(
        Manifest.issued_on >= since, Manifest.status != ManifestStatus.CANCELLED
    )
    issued_count, closed_count, moved_kg = db.session.execute(query).one()
    return {**_rate(issued_count, closed_count), "moved_kg": int(moved_kg or 0)}


def carried_between(since: date, region: int | None) -> list[dict[str, Any]]:
    """What was issued from that day on, by district that it left and district of its receiver: manifests,
    of these closed, on the road and late, and the kilograms accepted. Either lies in the region, if given.

    A way back is counted as a manifest, and carries nothing anywhere.
    """
    is_closed = Manifest.status.in_(CLOSED_STATES)
    is_late = Manifest.id.in_(
        select(ManifestDelay.manifest_id).where(ManifestDelay.stage != LateStage.REMINDED)
    )
    figures: dict[str, Any] = {
        "issued": func.count(),
        "closed": func.count().filter(is_closed),
        "under_way": func.count().filter(Manifest.status.in_(IN_FLIGHT)),
        "late": func.count().filter(Manifest.status.in_(IN_FLIGHT), is_late),
        "moved_kg": func.coalesce(
            func.sum(Manifest.accepted_kg).filter(is_closed, Manifest.kind != ManifestKind.RETURN), 0
        ),
    }
    query = (
        select(
            Manifest.region.label("origin"),
            Enterprise.region.label("destination"),
            *(figure.label(name) for name, figure in figures.items()),
        )
        .join(Enterprise, Enterprise.id == Manifest.receiver_id)
        .where(Manifest.issued_on >= since, Manifest.status != ManifestStatus.CANCELLED)
        .group_by(Manifest.region, Enterprise.region)
    )
    if region is not None:
        query = query.where(
            or_(catalogue.within(Manifest.region, region), catalogue.within(Enterprise.region, region))
        )
    return [{**row, "moved_kg": int(row["moved_kg"])} for row in db.session.execute(query).mappings()]


def _issued_in(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    conditions = [Manifest.issued_on.is_not(None), Manifest.status != ManifestStatus.CANCELLED]
    if query["from_"] is not None:
        conditions.append(Manifest.issued_on >= query["from_"])
    if query["until"] is not None:
        conditions.append(Manifest.issued_on <= query["until"])
    if query["region"] is not None:
        conditions.append(catalogue.within(Manifest.region, query["region"]))
    return conditions


def _rate(issued: int, closed: int) -> dict[str, Any]:
    return {"issued": issued, "closed": closed, "rate": round(closed / issued, 4) if issued else None}
