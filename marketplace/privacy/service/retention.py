"""How long personal data is kept (Personal Information Protection Law, art. 19: no longer than needed).

The days are our own choice; the privacy notice states them. Rows without personal data are each room's own
affair; log-ins that failed go after a day and sessions after two weeks (`persons.jobs`). The audit is never
deleted and names nobody but by id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from ... import clock
from ...enterprises.models import ENDED, ApiKey, ClaimStatus, Enterprise, MailToken, UsccClaim
from ...events.actor import PLATFORM
from ...events.work import Work, unit_of_work
from ...listings import service as listings
from ...notifications import service as notifications
from ...persons import service as persons
from ...transporters import service as transporters
from .erasure import forget_people

AT_ONCE = 500
"""Enterprises whose contacts one run erases at most; the next run goes on."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What is erased `days` after it has ended.

    Attributes:
        erase: erases what had ended before a moment.
        source: where the number of days comes from.
    """

    what: str
    days: int
    erase: Callable[[Work, datetime], None]
    source: str = "our own choice"


def erase_past_retention() -> None:
    """Erase what has been kept as long as its rule allows; idempotent. Each rule is a transaction."""
    for rule in RULES:
        with unit_of_work() as work:
            rule.erase(work, clock.now() - timedelta(days=rule.days))


def _erase_contacts_turned_away(work: Work, ended_before: datetime) -> None:
    query = select(Enterprise).where(
        Enterprise.status.in_(ENDED),
        Enterprise.contact_erased_at.is_(None),
        Enterprise.updated_at < ended_before,
    )
    for enterprise in work.session.scalars(query.limit(AT_ONCE).with_for_update(skip_locked=True)):
        forget_people(work, enterprise)
        work.audit(PLATFORM, "erase_contact", enterprise)


def _blank_contacts_of_decided_claims(work: Work, made_before: datetime) -> None:
    decided = update(UsccClaim).where(
        UsccClaim.status != ClaimStatus.OPEN,
        UsccClaim.created_at < made_before,
        UsccClaim.contact_email != "",
    )
    work.session.execute(decided.values(contact_name="", contact_email="", contact_phone=""))


def _delete_mailed_links(work: Work, ended_before: datetime) -> None:
    work.session.execute(delete(MailToken).where(MailToken.expires_at < ended_before))


def _blank_names_of_ended_keys(work: Work, ended_before: datetime) -> None:
    ended_at = func.least(ApiKey.expires_at, ApiKey.revoked_at)
    ended = update(ApiKey).where(ended_at < ended_before, ApiKey.name != "")
    work.session.execute(ended.values(name=""))
    notifications.forget_key_names(work, ended_before)


RULES = (
    RetentionRule(
        "the contact of a registration that was turned away or lapsed", 30, _erase_contacts_turned_away
    ),
    RetentionRule(
        "the contacts in decided claims to a credit code, after they were made",
        60,
        _blank_contacts_of_decided_claims,
    ),
    RetentionRule("links mailed to an address, after they end", 30, _delete_mailed_links),
    RetentionRule(
        "names and card numbers of crew that have left a transporter", 365, transporters.forget_crew_that_left
    ),
    RetentionRule("photos of listings, after these have ended", 365, listings.forget_photos_of_ended),
    RetentionRule("the names of ended API keys", 365, _blank_names_of_ended_keys),
    RetentionRule("persons who are members of nothing any more", 180, persons.erase_without_membership),
    RetentionRule("addresses of invitations that are over, after they were made", 60, persons.forget_invited),
    RetentionRule("links to a new password, and codes for a new address", 30, persons.forget_links),
)
