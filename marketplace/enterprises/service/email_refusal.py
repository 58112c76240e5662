"""That a mail relay refuses an enterprise's address for good: e-mail is paused until the contact changes."""

import logging
from typing import Any
from uuid import UUID

from ... import clock
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


def email_refusal(enterprise: Enterprise) -> dict[str, Any] | None:
    """When and why the address was refused; None if it was not."""
    if enterprise.email_refused_at is None:
        return None
    return {"at": enterprise.email_refused_at, "reply": enterprise.email_refusal}
