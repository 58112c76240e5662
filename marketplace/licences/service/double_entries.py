"""A document is entered once: the same number and validity again, or another holder's number, is refused.

The database holds the rule by constraints; here the entries of one document wait for each other, so that the
second of two concurrent ones finds the first and can name it.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, text

from ...errors import Conflict
from ...events.actor import Actor
from ...events.work import Work
from ...messages.names import Name
from ..models import (
    RECORDED,
    Channel,
    Licence,
    LicenceStatus,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
)
from .lookup import visible_to


def require_new(work: Work, actor: Actor, permit: Any) -> None:
    """Refuse a permit whose document is entered already; entries of one document take turns.

    Raises:
        Conflict: `already_entered`, with the entry that it meets if the actor may see it.
    """
    model = type(permit)
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:document, 0))")
    with work.session.no_autoflush:
        work.session.execute(lock, {"document": f"{model.__tablename__}:{_document_of(permit)}"})
        met = work.session.scalars(
            select(model)
            .where(model.revoked_at.is_(None), model.id.is_distinct_from(permit.id), _is_met(permit))
            .order_by(model.id)
            .limit(1)
        ).one_or_none()
        if met is not None:
            raise _already_entered(work, actor, met)


def _document_of(permit: Any) -> str:
    if isinstance(permit, WhiteListEntry):
        return f"{permit.receiver_id}"
    if isinstance(permit, VerifiedExemption):
        return "all"
    return str(permit.number_key)


def _is_met(permit: Any) -> ColumnElement[bool]:
    """The condition of the entries of the same kind that a new one may not repeat."""
    if isinstance(permit, Licence):
        return _meets_licence(permit)
    if isinstance(permit, Channel):
        return _meets_channel(permit)
    if isinstance(permit, TransferApproval):
        return _meets_approval(permit)
    if isinstance(permit, VerifiedExemption):
        return _meets_exemption(permit)
    same = ("receiver_id", "code_id", "from_province", "valid_until")
    return _agrees(WhiteListEntry, permit, *same)


def _meets_licence(permit: Licence) -> ColumnElement[bool]:
    """A recorded licence of this number, of another holder or of the same end; for a submission also an open
    one of its own."""
    of_number = (Licence.number_key == permit.number_key) & (
        (Licence.enterprise_id != permit.enterprise_id) | (Licence.valid_until == permit.valid_until)
    )
    recorded = Licence.status.in_(RECORDED)
    if permit.status != LicenceStatus.SUBMITTED:
        return of_number & recorded
    own = (Licence.status == LicenceStatus.SUBMITTED) & (Licence.enterprise_id == permit.enterprise_id)
    return of_number & (recorded | own)


def _meets_channel(permit: Channel) -> ColumnElement[bool]:
    of_others = or_(Channel.generator_id != permit.generator_id, Channel.receiver_id != permit.receiver_id)
    same = _agrees(Channel, permit, "code_id", "valid_until")
    return (Channel.number_key == permit.number_key) & (of_others | same)


def _meets_approval(permit: TransferApproval) -> ColumnElement[bool]:
    """The same number, of other parties or for the same code: an approval is not renewed, and its tonnes are
    those of its whole life."""
    model = TransferApproval
    of_others = or_(model.generator_id != permit.generator_id, model.receiver_id != permit.receiver_id)
    same = _agrees(model, permit, "code_id")
    return (model.number_key == permit.number_key) & (of_others | same)


def _meets_exemption(permit: VerifiedExemption) -> ColumnElement[bool]:
    """The same reference; without one, in either, the same enterprise, item, code and end."""
    model = VerifiedExemption
    same = _agrees(model, permit, "enterprise_id", "item", "code_id", "valid_until")
    if not permit.number_key:
        return same
    of_others = (model.number_key == permit.number_key) & (model.enterprise_id != permit.enterprise_id)
    return of_others | (same & model.number_key.in_([permit.number_key, ""]))


def _agrees(model: Any, permit: Any, *names: str) -> ColumnElement[bool]:
    return and_(*(getattr(model, name) == getattr(permit, name) for name in names))


def _already_entered(work: Work, actor: Actor, met: Any) -> Conflict:
    """The refusal, with the entry's number and days if the actor may see it."""
    model = type(met)
    query = select(model.id).where(model.id == met.id, *visible_to(actor, model))
    is_visible = work.session.scalar(query) is not None
    subject = Name("subject", model.__tablename__)
    at = NUMBER_FIELDS.get(model) if number_of(met) else None
    if not is_visible:
        return Conflict("already_entered", at=at, subject=subject, entry="")
    entry = f" ({number_of(met)}{met.valid_from} – {met.valid_until})"
    return Conflict("already_entered", at=at, subject=subject, entry=entry, entry_id=str(met.id))


NUMBER_FIELDS: dict[type, str] = {
    Licence: "number", Channel: "approval_number", TransferApproval: "number",
    VerifiedExemption: "reference",
}  # fmt: skip
"""The field with the document's number, of the kinds of permit that have one."""


def number_of(permit: Any) -> str:
    """The number of a permit's document and a comma, empty without one."""
    number = getattr(permit, NUMBER_FIELDS.get(type(permit), ""), "")
    return f"{number}, " if number else ""
