"""Links in e-mails: one proves the address of an enterprise's contact, one recovers a lost key.

Only the hash of a token is kept. The token itself is made when its e-mail is sent.
"""

import logging
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update

from ... import clock, identity
from ...errors import Conflict, Invalid
from ...events import service as events
from ...events.actor import ENTERPRISE, Actor
from ...events.work import Work, unit_of_work
from ...http.authentication import digest
from ..models import Enterprise, EnterpriseStatus, MailPurpose, MailToken
from .keys.api_keys import add_recovered_key
from .standing import require_unfrozen

VALIDITY = {MailPurpose.PROOF: timedelta(days=3), MailPurpose.RECOVERY: timedelta(minutes=30)}
"""How long a link works; our own choice."""
MOST_A_DAY = 3
"""E-mails of one purpose to one mailbox within a day, whoever named it as its contact."""
MOST_OF_ENTERPRISE = 6
"""E-mails of one purpose for one enterprise within a day, whatever addresses it names; our own choice."""
RECOVERABLE = (EnterpriseStatus.PENDING, EnterpriseStatus.APPROVED)

log = logging.getLogger(__name__)


def issue_mail_token(work: Work, enterprise_id: UUID, purpose: MailPurpose) -> tuple[Enterprise, str] | None:
    """A new token to be mailed to an enterprise's contact, and the enterprise.

    None if it may not be mailed: it or the mailbox had as many today as it may, its address is proven
    already (of a proof) or not yet (of a recovery) or refused by the relay, or it is suspended or rejected.
    """
    enterprise = work.lock(Enterprise, Enterprise.id == enterprise_id)
    is_proven = enterprise.email_proven_at is not None
    if enterprise.status not in RECOVERABLE or is_proven != (purpose == MailPurpose.RECOVERY):
        return None
    if not enterprise.contact_email or enterprise.email_refused_at is not None:
        return None
    now, mailbox = clock.now(), identity.mailbox(enterprise.contact_email)
    if _had_enough(work, enterprise_id, mailbox, purpose, now):
        return None
    token = secrets.token_urlsafe(32)
    work.add(
        MailToken(
            enterprise_id=enterprise_id,
            purpose=purpose,
            digest=digest(token),
            email=enterprise.contact_email,
            mailbox=mailbox,
            expires_at=now + VALIDITY[purpose],
            created_at=now,
        )
    )
    return enterprise, token


def _had_enough(work: Work, enterprise_id: UUID, mailbox: str, purpose: MailPurpose, now: datetime) -> bool:
    """Whether the mailbox or the enterprise had as many links of a purpose as a day allows.

    The mailbox is locked until the work ends, so that two enterprises that name it count one after the other.
    """
    work.lock_name(f"mail_token {mailbox}")
    of_mailbox = func.count().filter(MailToken.mailbox == mailbox)
    of_enterprise = func.count().filter(MailToken.enterprise_id == enterprise_id)
    row = work.session.execute(
        select(of_mailbox, of_enterprise).where(
            or_(MailToken.mailbox == mailbox, MailToken.enterprise_id == enterprise_id),
            MailToken.purpose == purpose,
            MailToken.created_at > now - timedelta(days=1),
        )
    ).one()
    return bool(row[0] >= MOST_A_DAY or row[1] >= MOST_OF_ENTERPRISE)


def request_proof(actor: Actor) -> Enterprise:
    """Have another link mailed that proves the contact's address, as far as a day allows.

    Raises:
        Forbidden: `enterprise_suspended`, `enterprise_rejected` or `enterprise_lapsed`.
        Conflict: the address is proven already (`address_proven`).
    """
    with unit_of_work() as work:
        enterprise = work.lock(Enterprise, Enterprise.id == actor.enterprise_id)
        require_unfrozen(enterprise)
        if enterprise.email_proven_at is not None:
            raise Conflict("address_proven")
        if _may_request(work, enterprise, MailPurpose.PROOF, "request_proof"):
            work.audit(actor, "request_proof", enterprise)
            work.emit("enterprise.proof_requested", enterprise_id=str(enterprise.id))
    return enterprise


def _may_request(work: Work, enterprise: Enterprise, purpose: MailPurpose, action: str) -> bool:
    """Whether another link may be mailed today; what cannot be mailed leaves no trace in any table.

    Links are counted when they are mailed, requests when they come: nobody fills tables faster than we mail.
    """
    now, mailbox = clock.now(), identity.mailbox(enterprise.contact_email or "")
    if _had_enough(work, enterprise.id, mailbox, purpose, now):
        return False
    since, row = now - timedelta(days=1), (Enterprise.__tablename__, str(enterprise.id))
    return events.times_done(*row, action, since, MOST_OF_ENTERPRISE) < MOST_OF_ENTERPRISE


def prove_address(token: str) -> None:
    """Note that the contact's address is proven; a second time, within the link's life, changes nothing.

    Raises:
        Invalid: the link is unknown, over, or of an address that was replaced (`link_invalid`).
    """
    with unit_of_work() as work:
        row, enterprise = _valid(work, token, MailPurpose.PROOF)
        if enterprise.email_proven_at is None:
            enterprise.email_proven_at = row.used_at = clock.now()
            work.audit(Actor(ENTERPRISE, enterprise.id), "prove_address", enterprise)


def request_recovery(uscc: str) -> None:
    """Have a recovery link mailed if the enterprise exists and its address is proven; nobody learns it."""
    with unit_of_work() as work:
        query = select(Enterprise).where(
            Enterprise.uscc == identity.folded_uscc(uscc),
            Enterprise.email_proven_at.is_not(None),
            Enterprise.status.in_(RECOVERABLE),
        )
        enterprise = work.session.scalars(query).one_or_none()
        if enterprise is None:
            return
        if _may_request(work, enterprise, MailPurpose.RECOVERY, "request_recovery"):
            work.audit(Actor(ENTERPRISE, enterprise.id), "request_recovery", enterprise)
            work.emit("enterprise.recovery_requested", enterprise_id=str(enterprise.id))


def recover(token: str) -> tuple[Enterprise, str]:
    """Create a key for an enterprise that lost its own; the link works once, and its siblings no more.

    Returns:
        the enterprise, and the key, which is shown this once.
    Raises:
        Invalid: the link is unknown, used, over, or of an address that was replaced (`link_invalid`).
    """
    with unit_of_work() as work:
        _, enterprise = _valid(work, token, MailPurpose.RECOVERY)
        unused = (
            MailToken.enterprise_id == enterprise.id,
            MailToken.purpose == MailPurpose.RECOVERY,
            MailToken.used_at.is_(None),
        )
        work.session.execute(update(MailToken).where(*unused).values(used_at=clock.now()))
        row, key = add_recovered_key(work, Actor(ENTERPRISE, enterprise.id))
        work.audit(Actor(ENTERPRISE, enterprise.id), "recover_key", row)
    log.info("lost key recovered", extra={"key_id": str(row.id), "enterprise_id": str(enterprise.id)})
    return enterprise, key


def _valid(work: Work, token: str, purpose: MailPurpose) -> tuple[MailToken, Enterprise]:
    """The token's row and its enterprise, both locked. Raises: Invalid: `link_invalid`."""
    query = select(MailToken).where(
        MailToken.digest == digest(token),
        MailToken.purpose == purpose,
        MailToken.expires_at > clock.now(),
    )
    found = work.session.scalars(query).one_or_none()
    if found is None:
        raise Invalid("link_invalid", at="token")
    enterprise = work.lock(Enterprise, Enterprise.id == found.enterprise_id)
    row = work.lock(MailToken, MailToken.id == found.id)
    is_used = row.used_at is not None and purpose == MailPurpose.RECOVERY
    if is_used or row.email != enterprise.contact_email or enterprise.status not in RECOVERABLE:
        raise Invalid("link_invalid", at="token")
    return row, enterprise
