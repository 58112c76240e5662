"""Erasure of the people behind an enterprise (Personal Information Protection Law, art. 47)."""

import logging
from uuid import UUID

from sqlalchemy import delete, update

from ...enterprises import service as enterprises
from ...enterprises.models import ENDED, ApiKey, Enterprise, MailToken
from ...errors import Conflict
from ...events.actor import ENTERPRISE, Actor
from ...events.work import Work, unit_of_work
from ...http.idempotency import IdempotentResponse
from ...listings import service as listings
from ...notifications import service as notifications
from ...persons import service as persons
from ...transporters import service as transporters
from ...webhooks import service as webhooks

log = logging.getLogger(__name__)


def erase_contact(actor: Actor, enterprise_id: UUID, reason: str) -> Enterprise:
    """Erase the contact of an enterprise that does not trade, and whatever else names its people.

    Raises:
        NotFound: no such enterprise.
        Conflict: it trades (`contact_needed`): its partners must be able to reach it.
    """
    with unit_of_work() as work:
        enterprise = enterprises.lock(work, enterprise_id)
        if enterprise.may_trade:
            raise Conflict("contact_needed")
        forget_people(work, enterprise)
        work.audit(actor, "erase_contact", enterprise, reason=reason)
    log.info("contact erased", extra={"enterprise_id": str(enterprise_id)})
    return enterprise


def forget_people(work: Work, enterprise: Enterprise) -> None:
    """Erase a locked enterprise's contact, crew and photos, what claims, invitations and messages say of its
    people, links mailed, names of keys, notes on endpoints, and answers kept to replay. One that is over has
    no members and no endpoints any more."""
    enterprises.forget_claimant(work, enterprise.contact_email)
    enterprises.erase_contact(enterprise)
    notifications.forget_people(work, enterprise.id)
    transporters.forget_crew(work, enterprise.id)
    listings.forget_photos(work, enterprise.id)
    persons.forget_people(work, enterprise.id, is_over=enterprise.status in ENDED)
    webhooks.forget(work, enterprise.id, is_over=enterprise.status in ENDED)
    work.session.execute(delete(MailToken).where(MailToken.enterprise_id == enterprise.id))
    work.session.execute(update(ApiKey).where(ApiKey.enterprise_id == enterprise.id).values(name=""))
    caller = f"{ENTERPRISE}:{enterprise.id}"
    work.session.execute(delete(IdempotentResponse).where(IdempotentResponse.actor == caller))
