"""Applications for transfer approvals: handed in, moved from step to step, concluded by an approval."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import undefer

from .. import clock, uploaded_files
from ..calendar import service as calendar
from ..catalogue import service as catalogue
from ..database import db
from ..enterprises import service as enterprises
from ..errors import Conflict, Forbidden, Invalid, NotFound, Notice
from ..events.actor import PLATFORM, REGULATOR, Actor
from ..events.lifecycle import Party
from ..events.work import Work, unit_of_work
from ..licences import service as licences
from .models import (
    DAYS,
    LIFE,
    LIVE,
    TO_ACT,
    TransferApplication,
    TransferPaper,
    TransferPaperKind,
    TransferStatus,
    TransferStep,
)

MOST_PAPERS = 20
"""Papers of one application; our own choice."""

log = logging.getLogger(__name__)


def apply_for(actor: Actor, data: dict[str, Any]) -> tuple[TransferApplication, list[Notice]]:
    """Hand in an application; its papers are checked first.

    Returns:
        the application, and a notice for each year whose working days are not announced yet.
    Raises:
        Forbidden: an enterprise applies for another (`own_application_only`), or is frozen.
        Invalid: unknown or equal parties, a category of hazardous waste, an unknown code.
        Conflict: one for these parties, this code and way is under way (`already_entered`).
    """
    enterprises.require_unfrozen(actor)
    generator_id = data["generator_id"] or actor.enterprise_id
    if generator_id is None:
        raise Invalid("field_required", at="generator_id")
    if actor.enterprise_id not in (None, generator_id):
        raise Forbidden("own_application_only", at="generator_id")
    parties = {"generator_id": generator_id, "receiver_id": data["receiver_id"]}
    licences.check_parties(parties)
    with unit_of_work() as work:
        code = catalogue.find_code(data["scheme"], data["code"])
        licences.require_single_code(code)
        work.lock_name(f"transfer_application:{generator_id}")
        application = TransferApplication(
            **parties,
            status=TransferStatus.SUBMITTED,
            code_id=code.id,
            kg=data["tonnes"],
            step_began_on=clock.today(),
            due_on=_due_on(TransferStatus.SUBMITTED),
            **{name: data[name] for name in ("way", "valid_from", "valid_until")},
        )
        _require_only(work, application)
        work.add(application)
        work.audit(actor, "apply", application)
        work.emit("permit.applied", id=str(application.id), generator_id=str(generator_id))
    return application, _calendar_notices(application)


def _require_only(work: Work, application: TransferApplication) -> None:
    model = TransferApplication
    names = ("generator_id", "receiver_id", "code_id", "way")
    same = (getattr(model, name) == getattr(application, name) for name in names)
    met = work.session.scalar(select(model.id).where(model.status.in_(LIVE), *same))
    if met is not None:
        raise Conflict("application_under_way", entry_id=str(met))


def _due_on(status: TransferStatus) -> Any:
    """The last day of a step that begins today; None where it has no time."""
    days = DAYS.get(status)
    return calendar.add_working_days(clock.today(), days) if days else None


def _calendar_notices(application: TransferApplication) -> list[Notice]:
    if application.due_on is None:
        return []
    return calendar.unknown_year_notices(clock.today(), application.due_on)


def make_move(
    actor: Actor, application: TransferApplication, name: str, reason: str | None
) -> TransferApplication:
    """Take the step `name` of the life cycle.

    Raises:
        Forbidden: the actor may not (`role_forbids`).
        Conflict: it does not start from the application's state (`wrong_state`).
        Invalid: an admin gives no reason for a step of the applicant (`field_required`).
    """
    with unit_of_work() as work:
        row = work.lock(TransferApplication, TransferApplication.id == application.id)
        _move(work, actor, row, name, _party(actor), reason)
    return row


def grant(actor: Actor, application: TransferApplication, data: dict[str, Any]) -> TransferApplication:
    """Conclude an application by entering the approval that the province gave.

    Args:
        data: `number`; `tonnes`, `valid_from` and `valid_until` where they are not those applied for.
    Raises:
        Conflict: it is not being decided (`wrong_state`), or the number is entered (`already_entered`).
    """
    with unit_of_work() as work:
        row = work.lock(TransferApplication, TransferApplication.id == application.id)
        if row.status not in LIFE.sources("grant"):
            LIFE.move(row, "grant", by=Party.ADMIN)  # refuses, before the number is judged
        code = catalogue.codes_by_id([row.code_id])[row.code_id]
        terms = {
            "generator_id": row.generator_id,
            "receiver_id": row.receiver_id,
            "scheme": code.scheme,
            "code": code.code,
            "way": row.way,
            "number": data["number"],
            "tonnes": data["tonnes"] or row.kg,
            "valid_from": data["valid_from"] or row.valid_from,
            "valid_until": data["valid_until"] or row.valid_until,
        }
        approval, _ = licences.add_approval(work, actor, terms)
        with work.session.no_autoflush:
            row.approval_id = approval.id
            LIFE.move(row, "grant", by=Party.ADMIN)
        _record(work, actor, row, "grant", TransferStatus.DECIDING, None)
    return row


def accept_silently(work: Work, row: TransferApplication) -> None:
    """Deem papers complete that nobody found wanting in time."""
    _move(work, PLATFORM, row, "accept_papers", Party.CLOCK, None)


def _party(actor: Actor) -> Party:
    return Party.ADMIN if actor.enterprise_id is None else Party.SUPPLIER


def _move(
    work: Work, actor: Actor, row: TransferApplication, name: str, party: Party, reason: str | None
) -> None:
    source = row.status
    LIFE.move(row, name, by=party, reason=reason)
    row.reason = reason
    _record(work, actor, row, name, source, reason)


def _record(
    work: Work,
    actor: Actor,
    row: TransferApplication,
    name: str,
    source: TransferStatus,
    reason: str | None,
) -> None:
    """Write the step that a locked row has taken, and when the next is due."""
    step = TransferStep(
        application_id=row.id,
        source=source,
        move=name,
        target=row.status,
        due_on=row.due_on,
        on_day=clock.today(),
        note=reason,
    )
    row.steps.append(step)
    row.step_began_on, row.due_on = clock.today(), _due_on(row.status)
    work.session.flush()
    work.audit(actor, name, row, reason=reason)
    work.emit("permit.application_moved", id=str(row.id), status=row.status, reason=reason or "")
    log.info("application %s", row.status, extra={"application_id": str(row.id)})


def add_paper(
    actor: Actor, application: TransferApplication, kind: TransferPaperKind, upload: bytes, declared: str
) -> TransferPaper:
    """Keep a paper with an application that is under way.

    Raises:
        UnsupportedMedia, Invalid, Unavailable: as `uploaded_files.judged`.
        Conflict: the application is concluded (`application_concluded`), or there are as many papers as
            there may be (`too_many_files`).
    """
    enterprises.require_unfrozen(actor)
    judged = uploaded_files.judged(upload, declared)
    size = len(judged.content)
    with unit_of_work() as work:
        row = work.lock(TransferApplication, TransferApplication.id == application.id)
        if row.status not in LIVE:
            raise Conflict("application_concluded", status=row.status)
        if len(row.papers) >= MOST_PAPERS:
            raise Conflict("too_many_files", at="file", most=MOST_PAPERS)
        paper = TransferPaper(
            application_id=row.id,
            kind=kind,
            media_type=judged.media_type,
            size=size,
            content=judged.content,
        )
        work.add(paper)
        work.audit(actor, "add_file", row, file_id=str(paper.id), size=size)
    return paper


def find(actor: Actor, application_id: UUID) -> TransferApplication:
    """An application that the actor may see. Raises: NotFound."""
    query = select(TransferApplication).where(TransferApplication.id == application_id, *_visible(actor))
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def find_own(actor: Actor, application_id: UUID) -> TransferApplication:
    """An application of the actor's own, or any for an admin.

    Raises:
        NotFound: the actor may not see it. Forbidden: it is the receiver (`own_application_only`).
    """
    row = find(actor, application_id)
    if actor.enterprise_id not in (None, row.generator_id):
        raise Forbidden("own_application_only")
    return row


def find_paper(actor: Actor, application_id: UUID, file_id: UUID) -> TransferPaper:
    """A paper of an application that the actor may see, with its content. Raises: NotFound."""
    row = find(actor, application_id)
    query = select(TransferPaper).where(TransferPaper.id == file_id, TransferPaper.application_id == row.id)
    paper = db.session.scalars(query.options(undefer(TransferPaper.content))).one_or_none()
    if paper is None:
        raise NotFound()
    return paper


def search(
    actor: Actor, status: TransferStatus | None, overdue: bool, after: UUID | None, limit: int
) -> Sequence[TransferApplication]:
    """Applications that the actor may see, newest first, at most `limit` that are older than `after`."""
    query = select(TransferApplication).where(*_visible(actor))
    if status is not None:
        query = query.where(TransferApplication.status == status)
    if overdue:
        query = query.where(TransferApplication.due_on < clock.today(), TransferApplication.status.in_(LIVE))
    if after is not None:
        query = query.where(TransferApplication.id < after)
    return db.session.scalars(query.order_by(TransferApplication.id.desc()).limit(limit)).all()


def _visible(actor: Actor) -> list[ColumnElement[bool]]:
    if actor.is_admin:
        return []
    columns = (TransferApplication.generator_id, TransferApplication.receiver_id)
    if actor.kind == REGULATOR:
        inside = enterprises.ids_within(actor.region or 0)
        return [or_(*(column.in_(inside) for column in columns))]
    return [or_(*(column == actor.id for column in columns))]


def present(applications: Sequence[TransferApplication]) -> list[dict[str, Any]]:
    """Applications as the API shows them: who is to act until when, the papers, and every step."""
    codes = catalogue.codes_by_id({row.code_id for row in applications})
    today = clock.today()
    return [
        {
            **{name: getattr(row, name) for name in SHOWN},
            "scheme": codes[row.code_id].scheme,
            "code": codes[row.code_id].code,
            "tonnes": row.kg,
            "to_act": TO_ACT.get(row.status),
            "is_overdue": row.due_on is not None and row.due_on < today,
            "missing_papers": sorted({*TransferPaperKind} - {paper.kind for paper in row.papers}),
            "steps": [
                {
                    **{name: getattr(step, name) for name in ("move", "source", "target", "due_on", "note")},
                    "on": step.on_day,
                    "was_late": step.due_on is not None and step.due_on < step.on_day,
                }
                for step in row.steps
            ],
        }
        for row in applications
    ]


SHOWN = (
    "id", "status", "generator_id", "receiver_id", "way", "valid_from", "valid_until", "due_on", "reason",
    "approval_id", "papers", "created_at", "updated_at",
)  # fmt: skip
