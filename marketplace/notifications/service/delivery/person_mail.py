"""E-mails to a person: the code of an invitation or of a new address, the link to a new password, what waits
for an officer.

They say nothing that anybody else wrote but the name of an approved enterprise. Code and token exist in the
e-mail alone.
"""

import logging
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from flask import current_app

from .... import clock
from ....enterprises import service as enterprises
from ....events.work import Work, unit_of_work
from ....messages import say
from ....messages.names import Name, readable
from ....persons import service as persons
from ....persons.models import Invitation, Language
from .address_caps import INVITATION, count_mail
from .handing_over import hand_to_relay
from .mail_hours import is_mail_configured

log = logging.getLogger(__name__)


def send_invitation(invitation_id: UUID) -> None:
    """Mail the code of an invitation, unless it is open no more or the mailbox had enough today."""
    if not is_mail_configured():
        return
    with unit_of_work() as work:
        issued = persons.issue_code(work, invitation_id)
        if issued is None:
            return
        invitation, address, code = issued
        if count_mail(work, address, INVITATION, f"<{invitation.id}@huanliu>"):
            whom = _whom(work, invitation)
            _send(address, INVITATION, invitation.language, whom=whom, letters=code)
    log.info("invitation mailed", extra={"invitation_id": str(invitation_id)})


def _whom(work: Work, invitation: Invitation) -> str:
    """Who invites: the name of an enterprise that is approved, the USCC of another, or the platform."""
    if invitation.enterprise_id is None:
        return str(readable(Name("inviter", "platform"), invitation.language))
    enterprise = enterprises.by_id({invitation.enterprise_id})[invitation.enterprise_id]
    return enterprise.name if enterprise.may_trade else enterprise.uscc


def send_reset(person_id: UUID) -> None:
    """Mail a link to a new password, unless the person had enough today."""
    if not is_mail_configured():
        return
    with unit_of_work() as work:
        issued = persons.issue_reset(work, person_id)
        if issued is None:
            return
        person, address, token = issued
        _send(address, "reset", person.language, token=token)
    log.info("password link mailed", extra={"person_id": str(person_id)})


def send_email_code(change_id: UUID) -> None:
    """Mail the code that proves a new address of a person, unless the mailbox had enough today."""
    if not is_mail_configured():
        return
    with unit_of_work() as work:
        issued = persons.issue_email_code(work, change_id)
        if issued is None:
            return
        person, address, code = issued
        if count_mail(work, address, INVITATION, f"<{change_id}@huanliu>"):
            _send(address, "email_code", person.language, letters=code)
    log.info("code for an address mailed", extra={"email_change_id": str(change_id)})


def send_evaluations_ending(person_id: UUID, count: int) -> None:
    """Mail an officer how many evaluations end soon, unless it is none any more; the desk says which."""
    if not is_mail_configured():
        return
    with unit_of_work():
        for officer in persons.reachable_officers(person_id):
            _send(
                officer.email,
                "evaluations_ending",
                officer.language,
                count=str(count),
                page="/desk?kind=expiring_evaluation",
            )
    log.info("officer reminded", extra={"person_id": str(person_id), "evaluations": count})


def _send(address: str, what: str, language: Language, **facts: str) -> None:
    settings = current_app.config["SETTINGS"]
    message = EmailMessage()
    message["Subject"] = say(f"mail_subject_{what}", language, **facts)
    message["From"] = settings.mail_from
    message["To"] = address
    message["Date"] = format_datetime(clock.now())
    message.set_content(say(f"mail_body_{what}", language, url=settings.public_url, **facts))
    if hand_to_relay(address, message) is not None:
        log.info("address refused", extra={"what": what})
