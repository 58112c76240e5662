"""Papers of a transporter: entered by their holder, verified or refused by an official, ended."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, Notice
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...messages.names import name_of
from ..models import (
    COLUMNS_OF_KIND,
    LIFE,
    CrewCard,
    PaperKind,
    PaperStatus,
    TransporterPaper,
)
from .keys import paper_key
from .may_carry import counts, verified

MOST_PAPERS = 300
"""Papers of one kind that a transporter has at a time; our own choice."""
NUMBER_FIELDS = {
    PaperKind.PERMIT: "number",
    PaperKind.VEHICLE: "plate",
    PaperKind.CREW: "cards",
    PaperKind.INSURANCE: "number",
}
"""The field that a paper is known by."""

log = logging.getLogger(__name__)


def submit_paper(
    actor: Actor, transporter_id: UUID, kind: PaperKind, data: dict[str, Any]
) -> tuple[TransporterPaper, list[Notice]]:
    """Enter a paper; it counts once an official has verified it. One of the same key renews an older one.

    Args:
        data: the columns of the kind, and `cards` of a member of the crew.
    Returns:
        the paper, and notices of a validity that is over.
    Raises:
        Conflict: the same paper is entered already, here or by another holder (`already_entered`), or there
            are as many of the kind as may be (`too_many_papers`).
    """
    cards = [CrewCard(**card) for card in data.get("cards", ())]
    columns = {name: value for name, value in data.items() if name != "cards"}
    paper = TransporterPaper(
        transporter_id=transporter_id, kind=kind, key=paper_key(kind, data), cards=cards, **columns
    )
    with unit_of_work() as work:
        enterprises.lock(work, transporter_id)
        _require_new(work, paper)
        _require_room(work, paper)
        work.add(paper)
        work.audit(actor, "submit", paper, kind=kind)
        work.emit("transporter.submitted", **_payload(paper))
    log.info("paper submitted", extra={"paper_id": str(paper.id), "kind": kind})
    return paper, _over_notices(paper)


def verify_paper(actor: Actor, paper_id: UUID, reason: str | None) -> TransporterPaper:
    """Verify a submitted paper; from now on it counts, and what it replaces ends.

    Raises:
        NotFound: no such paper.
        Conflict: it is not submitted (`wrong_state`) or was ended (`paper_ended`), or another holder has its
            number (`already_entered`).
    """
    with unit_of_work() as work:
        paper = _lock_living(work, paper_id)
        work.lock_name(f"transporter_paper:{paper.kind}:{paper.key}")
        LIFE.move(paper, "verify", by=_party(actor))
        with work.session.no_autoflush:
            _require_sole_holder(work, paper)
            for old in _replaced_by(work, paper):
                old.ended_at = clock.now()
        _decide(work, actor, paper, "verify", reason)
    return paper


def refuse_paper(actor: Actor, paper_id: UUID, reason: str | None) -> TransporterPaper:
    """Refuse a submitted paper; its holder reads the reason.

    Raises:
        NotFound: no such paper.
        Conflict: it is not submitted (`wrong_state`) or was ended (`paper_ended`).
    """
    with unit_of_work() as work:
        paper = _lock_living(work, paper_id)
        LIFE.move(paper, "refuse", by=_party(actor))
        _decide(work, actor, paper, "refuse", reason)
    return paper


def end_paper(actor: Actor, paper_id: UUID, reason: str | None) -> TransporterPaper:
    """End a paper now, because the vehicle is sold or the person has left; it stays on record.

    A second time changes nothing. Raises: NotFound: no such paper.
    """
    with unit_of_work() as work:
        paper = work.lock(TransporterPaper, TransporterPaper.id == paper_id)
        if paper.ended_at is not None:
            return paper
        paper.ended_at = clock.now()
        work.audit(actor, "end", paper, reason=reason)
        work.emit("transporter.ended", **_payload(paper))
    log.info("paper ended", extra={"paper_id": str(paper.id)})
    return paper


def _decide(work: Work, actor: Actor, paper: TransporterPaper, action: str, reason: str | None) -> None:
    paper.decided_at, paper.reason = clock.now(), reason
    work.audit(actor, action, paper, reason=reason)
    work.emit(f"transporter.{paper.status}", **_payload(paper), reason=reason or "")
    log.info("paper %s", paper.status, extra={"paper_id": str(paper.id)})


def _lock_living(work: Work, paper_id: UUID) -> TransporterPaper:
    paper = work.lock(TransporterPaper, TransporterPaper.id == paper_id)
    if paper.ended_at is not None:
        raise Conflict("paper_ended")
    return paper


def _party(actor: Actor) -> Party:
    return Party.ADMIN if actor.is_admin else Party.REGULATOR


def _payload(paper: TransporterPaper) -> dict[str, str]:
    """What an event says of a paper; never its name, which may be a person's."""
    about = {"paper_id": str(paper.id), "paper": paper.kind}
    return {"enterprise_id": str(paper.transporter_id), **about}


def paper_names(paper_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What people call these papers, by id: number, plate or person."""
    name = func.coalesce(TransporterPaper.plate, TransporterPaper.name, TransporterPaper.number)
    rows = select(TransporterPaper.id, name).where(TransporterPaper.id.in_(list(paper_ids)))
    return {row.id: row[1] for row in db.session.execute(rows)}


def _of_key(paper: TransporterPaper) -> tuple[ColumnElement[bool], ...]:
    return TransporterPaper.kind == paper.kind, TransporterPaper.key == paper.key


def _require_new(work: Work, paper: TransporterPaper) -> None:
    """Refuse a paper of a number that another holds, that waits already, or that says nothing new."""
    _require_sole_holder(work, paper)
    own = select(TransporterPaper).where(
        TransporterPaper.transporter_id == paper.transporter_id,
        *_of_key(paper),
        TransporterPaper.ended_at.is_(None),
        TransporterPaper.status != PaperStatus.REFUSED,
    )
    for other in work.session.scalars(own):
        if other.status == PaperStatus.SUBMITTED or _content(other) == _content(paper):
            raise _already_entered(paper, entry_id=str(other.id))


def _require_sole_holder(work: Work, paper: TransporterPaper) -> None:
    """Refuse the number or plate of a verified paper of another; people may work for several."""
    others = select(TransporterPaper.id).where(
        *_of_key(paper),
        TransporterPaper.transporter_id != paper.transporter_id,
        *verified(),
    )
    if paper.kind != PaperKind.CREW and work.session.scalars(others.limit(1)).first() is not None:
        raise _already_entered(paper)


def _already_entered(paper: TransporterPaper, **entry: str) -> Conflict:
    return Conflict(
        "already_entered", at=NUMBER_FIELDS[paper.kind], subject=name_of(paper.kind), entry="", **entry
    )


def _require_room(work: Work, paper: TransporterPaper) -> None:
    living = select(func.count()).where(
        TransporterPaper.transporter_id == paper.transporter_id,
        TransporterPaper.kind == paper.kind,
        TransporterPaper.ended_at.is_(None),
    )
    if (work.session.scalar(living) or 0) >= MOST_PAPERS:
        raise Conflict("too_many_papers", most=MOST_PAPERS)


def _content(paper: TransporterPaper) -> list[Any]:
    """All that a paper says, to be compared."""
    columns = [getattr(paper, name) for name in (*COLUMNS_OF_KIND[paper.kind], "tracker")]
    return columns + sorted((card.kind, card.number, card.valid_until) for card in paper.cards)


def _replaced_by(work: Work, paper: TransporterPaper) -> Sequence[TransporterPaper]:
    """Older verified papers of the same key that are not needed beside this one.

    One that ends later, or a new one that begins later, leaves the older one in force.
    """
    if paper.valid_from is not None and paper.valid_from > clock.today():
        return ()
    older = select(TransporterPaper).where(
        *counts(paper.transporter_id), *_of_key(paper), TransporterPaper.id != paper.id
    )
    return [old for old in work.session.scalars(older) if not _ends_later(old, paper)]


def _ends_later(old: TransporterPaper, new: TransporterPaper) -> bool:
    """Whether an older paper holds beyond a new one; people have no last day of their own."""
    return bool(old.valid_until and new.valid_until and old.valid_until > new.valid_until)


def _over_notices(paper: TransporterPaper) -> list[Notice]:
    """Notices of days of validity that are past."""
    ends = [(f"cards.{place}.valid_until", card.valid_until) for place, card in enumerate(paper.cards)]
    if paper.valid_until is not None:
        ends.append(("valid_until", paper.valid_until))
    return [Notice("paper_over", at, {"day": end}) for at, end in ends if end < clock.today()]
