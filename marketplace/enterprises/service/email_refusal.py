"""That a mail relay refuses an enterprise's address for good: e-mail is paused until the contact changes."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ... import clock
from ...database import db
from ...events.actor import PLATFORM
from ...events.work import unit_of_work
from ..models import Enterprise
from .lookup import lock

NOT_REFUSED: dict[str, Any] = {"email_refusal": None, "email_refused_at": None}
"""The columns of an address that nobody has refused."""
log = logging.getLogger(__name__)


def record_email_refusal(enterprise_id: UUID, address: str, reply: str) -> bool:
    """Record the relay's final reply to an e-mail to the enterprise's contact, if that is still its address.

    Returns whether it is: while the relay took its time, the contact may have been changed or erased.
    """
    with unit_of_work() as work:
        enterprise = lock(work, enterprise_id)
        if enterprise.contact_email != address:
            return False
        enterprise.email_refusal, enterprise.email_refused_at = reply, clock.now()
        work.audit(PLATFORM, "refuse_email", enterprise, reply=reply[:3])  # the rest may name the person
    log.warning("e-mail address refused", extra={"enterprise_id": str(enterprise_id), "reply": reply[:3]})
    return True


def email_refused(most: int) -> tuple[list[dict[str, Any]], int]:
    """The enterprises whose address was refused, the latest first, at most so many, and how many there are;
    of the reply the code alone, as the rest may name a person."""
    rows = select(
        Enterprise.id, Enterprise.name, Enterprise.email_refused_at, Enterprise.email_refusal,
        func.count().over().label("total"),
    ).where(Enterprise.email_refused_at.is_not(None))  # fmt: skip
    found = db.session.execute(rows.order_by(Enterprise.email_refused_at.desc()).limit(most)).all()
    refused = [
        {"id": row.id, "name": row.name, "at": row.email_refused_at, "reply": (row.email_refusal or "")[:3]}
        for row in found
    ]
    return refused, found[0].total if found else 0


def email_refusal(enterprise: Enterprise) -> dict[str, Any] | None:
    """When and why the address was refused; None if it was not."""
    if enterprise.email_refused_at is None:
        return None
    return {"at": enterprise.email_refused_at, "reply": enterprise.email_refusal}
