"""Second claims on a USCC: whoever registers one that is taken may be its true owner, so staff decides."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from ....database import db
from ....errors import Conflict, NotFound
from ....events import service as events
from ....events.actor import PLATFORM, Actor
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ...models import (
    CLAIM_LIFE,
    ENDED,
    LIFE,
    ClaimStatus,
    Enterprise,
    EnterpriseStatus,
    UsccClaim,
)
from ..contacts import contact_columns
from ..profile import require_version

MOST_OPEN = 5
"""Claims on one USCC that wait at a time, so that nobody fills the list; our own choice."""

log = logging.getLogger(__name__)


def record_claim(data: dict[str, Any]) -> None:
    """Keep a registration whose USCC is taken as a case for staff, unless the same one waits already.

    It is written in a transaction of its own, since the registration itself is refused.

    Args:
        data: as RegistrationSchema loads it.
    """
    with Session(db.engine) as session, session.begin():
        holder = session.scalars(
            select(Enterprise.id)
            .where(Enterprise.uscc == data["uscc"], Enterprise.status.not_in(ENDED))
            .with_for_update(key_share=True)
        ).one_or_none()
        email = data["contact"]["email"]
        waiting = select(UsccClaim.contact_email).where(
            UsccClaim.enterprise_id == holder, UsccClaim.status == ClaimStatus.OPEN
        )
        known = session.scalars(waiting).all()
        if holder is None or email in known or len(known) >= MOST_OPEN:
            return
        claim = UsccClaim(enterprise_id=holder, name=data["name"], **contact_columns(data["contact"]))
        work = Work(session)
        work.add(claim)
        work.audit(PLATFORM, "claim", claim)
        log.info("uscc claimed again", extra={"enterprise_id": str(holder), "claim_id": str(claim.id)})


def find_claim(actor: Actor, claim_id: UUID) -> UsccClaim:
    """Any claim; for admins. Raises: NotFound."""
    claim: UsccClaim | None = db.session.scalars(_claims().where(UsccClaim.id == claim_id)).one_or_none()
    if claim is None:
        raise NotFound()
    return claim


def list_claims(filters: dict[str, Any], after: UUID | None, limit: int) -> list[UsccClaim]:
    """Claims, oldest first, at most `limit` younger than `after`.

    Args:
        filters: values of `status` and `enterprise_id`, None for any.
    """
    query = _claims()
    for name in ("status", "enterprise_id"):
        if filters[name] is not None:
            query = query.where(getattr(UsccClaim, name) == filters[name])
    if after is not None:
        query = query.where(UsccClaim.id > after)
    return list(db.session.scalars(query.order_by(UsccClaim.id).limit(limit)))


def _claims() -> Any:
    """Claims, each with the enterprise that has the USCC."""
    return select(UsccClaim).options(joinedload(UsccClaim.enterprise))


def uphold_claim(actor: Actor, claim_id: UUID, reason: str, expected: int | None = None) -> UsccClaim:
    """Decide for who claims: the pending registration is rejected, and the USCC may be registered again.

    Raises:
        NotFound: no such claim.
        PreconditionFailed: it is at another version than `expected`.
        Conflict: it is decided already (`wrong_state`), or its holder was approved (`claim_on_approved`):
            then its keys are to be revoked and replaced.
    """
    with unit_of_work() as work:
        claim, holder = _lock(work, claim_id, expected)
        CLAIM_LIFE.move(claim, "uphold", by=Party.ADMIN)
        claim.reason = reason
        if holder.status == EnterpriseStatus.PENDING:
            LIFE.move(holder, "reject", by=Party.ADMIN)
            holder.status_reason = reason
            work.audit(actor, "reject", holder, reason=reason)
            work.emit("enterprise.rejected", enterprise_id=str(holder.id), reason=reason)
        elif holder.status not in ENDED:
            raise Conflict("claim_on_approved")
        work.audit(actor, "uphold", claim, reason=reason)
    return claim


def dismiss_claim(actor: Actor, claim_id: UUID, reason: str, expected: int | None = None) -> UsccClaim:
    """Decide for the enterprise that is registered. Raises: as `uphold_claim`."""
    with unit_of_work() as work:
        claim, _ = _lock(work, claim_id, expected)
        CLAIM_LIFE.move(claim, "dismiss", by=Party.ADMIN)
        claim.reason = reason
        work.audit(actor, "dismiss", claim, reason=reason)
    return claim


def claimant_contact(actor: Actor, claim: UsccClaim) -> dict[str, str]:
    """Whom to reach about a claim, as `actor` is shown it; empty texts once that is forgotten."""
    events.note_read(actor, events.CONTACT, claim.id, kind=claim.__tablename__)
    return {"name": claim.contact_name, "email": claim.contact_email, "phone": claim.contact_phone}


def forget_claimant(work: Work, email: str) -> None:
    """Forget whom to reach about claims under this address, which is being erased elsewhere."""
    theirs = update(UsccClaim).where(UsccClaim.contact_email == email, UsccClaim.contact_email != "")
    work.session.execute(theirs.values(contact_name="", contact_email="", contact_phone=""))


def lapse_claim(work: Work, claim: UsccClaim) -> None:
    """End a locked claim that nobody decided on in time; whom to reach is forgotten."""
    CLAIM_LIFE.move(claim, "lapse", by=Party.CLOCK)
    claim.contact_name = claim.contact_email = claim.contact_phone = ""
    work.audit(PLATFORM, "lapse", claim)


def _lock(work: Work, claim_id: UUID, expected: int | None) -> tuple[UsccClaim, Enterprise]:
    """The claim and the enterprise that holds the USCC, both locked, the enterprise first."""
    claim = work.session.get_one(UsccClaim, claim_id)
    holder = work.lock(Enterprise, Enterprise.id == claim.enterprise_id)
    claim = work.lock(UsccClaim, UsccClaim.id == claim_id)
    set_committed_value(claim, "enterprise", holder)
    require_version(claim, expected)
    return claim, holder
