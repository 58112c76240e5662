"""E-mail: composed from sentences and templates in the receiver's language, and sent by SMTP."""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from flask import current_app, render_template
from sqlalchemy import select

from .... import clock
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....events.work import Work, unit_of_work
from ....messages import say
from ...models import Delivery, EmailPreference, Language, Notification, NotificationKind
from ..kinds import KINDS, heading_codes
from ..planning.instant import plan_message
from ..preferences.delivery_preferences import preferences_of
from ..subjects import read_sides
from .mail_hours import next_mail_time
from .quotation import quoted
from .refusals import final_refusal
from .release import preference_for
from .smtp_relay import mail_relay

log = logging.getLogger(__name__)


def send_email(notification_id: UUID) -> None:
    """Send the e-mail of one released message by day; by night enqueue it for the morning."""
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        if row.mailed_at is not None or not _may_be_mailed(row):
            return
        if _is_put_off(work, "notifications.jobs.send_email", notification_id=str(notification_id)):
            return
        _mark_mailed(work, [row])
        _send(row.enterprise_id, [row], f"<{row.id}@huanliu>", "single")


def send_digest(enterprise_id: UUID, digest_at: str) -> None:
    """Send one e-mail with all messages that were put into that digest."""
    with unit_of_work() as work:
        if _is_put_off(
            work, "notifications.jobs.send_digest", enterprise_id=str(enterprise_id), digest_at=digest_at
        ):
            return
        rows = work.session.scalars(
            select(Notification)
            .where(
                Notification.enterprise_id == enterprise_id,
                Notification.delivery == Delivery.DIGEST,
                Notification.digest_at == datetime.fromisoformat(digest_at),
                Notification.mailed_at.is_(None),
            )
            .order_by(Notification.release_no)
            .with_for_update()
        ).all()
        rows = [row for row in rows if _may_be_mailed(row)]
        if not rows:
            return
        _mark_mailed(work, rows)
        _send(enterprise_id, rows, f"<digest-{rows[0].id}@huanliu>", "digest")


def _may_be_mailed(row: Notification) -> bool:
    """Whether the receiver can be reached and wants e-mail of this kind, and what the message says holds."""
    wanted = preference_for(row.kind, preferences_of(row.enterprise_id))
    is_paused = enterprises.by_id({row.enterprise_id})[row.enterprise_id].email_refused_at is not None
    return not is_paused and wanted != EmailPreference.OFF and KINDS[row.kind].may_be_mailed(row)


def _is_put_off(work: Work, task: str, **payload: str) -> bool:
    """Enqueue the task for the next morning, if no e-mail goes out at this hour."""
    now = clock.now()
    due_at = next_mail_time(now)
    if due_at == now:
        return False
    work.enqueue(task, due_at=due_at, **payload)
    return True


def _mark_mailed(work: Work, rows: Sequence[Notification]) -> None:
    for row in rows:
        row.mailed_at = clock.now()
    work.session.flush()


def _send(enterprise_id: UUID, rows: Sequence[Notification], message_id: str, template: str) -> None:
    """Compose an e-mail and hand it to the SMTP relay.

    Its id is the same at a second try, so that readers can fold both into one.
    """
    receiver = enterprises.by_id({enterprise_id})[enterprise_id]
    preferences = preferences_of(enterprise_id)
    message = _composed(receiver, rows, template, preferences.language if preferences else Language.ZH)
    message["Message-ID"] = message_id
    settings = current_app.config["SETTINGS"]
    try:
        with mail_relay(settings) as relay:
            relay.send_message(message, to_addrs=[receiver.contact_email])
    except (smtplib.SMTPException, UnicodeEncodeError) as error:
        reply = final_refusal(error, receiver.contact_email)
        if reply is None:
            raise
        _pause(receiver, reply)
        return
    log.info(
        "e-mail sent",
        extra={"enterprise_id": str(enterprise_id), "template": template, "messages": len(rows)},
    )


def _pause(receiver: Enterprise, reply: str) -> None:
    """Send nothing more to an address that was refused for good, and say so in the inbox."""
    enterprises.record_email_refusal(receiver.id, reply)
    facts = {"address": receiver.contact_email, "reply": reply}
    plan_message(receiver.id, NotificationKind.EMAIL_REFUSED, facts)


def _composed(
    receiver: Enterprise, rows: Sequence[Notification], template: str, language: str
) -> EmailMessage:
    settings = current_app.config["SETTINGS"]
    message = EmailMessage()
    message["Subject"] = say(_subject_code(rows, template), language, count=len(rows))
    message["From"] = settings.mail_from
    message["To"] = receiver.contact_email
    message["Date"] = format_datetime(clock.now())
    message.set_content(
        render_template(
            f"mail/{template}.{language}.txt",
            name=quoted(receiver.contact_name),
            sections=_sections(rows, language),
            count=len(rows),
            matched=any(KINDS[row.kind].invites_feedback for row in rows),
            url=settings.public_url,
        )
    )
    return message


def _subject_code(rows: Sequence[Notification], template: str) -> str:
    kinds = {row.kind for row in rows}
    if len(kinds) > 1:
        return "mail_subject_digest_mixed"
    return heading_codes(kinds.pop())["subject" if template == "single" else "digest_subject"]


def _sections(rows: Sequence[Notification], language: str) -> list[dict[str, Any]]:
    """Messages as sentences, under a title for each kind, in the order of `KINDS`."""
    sides = read_sides(rows)
    return [
        {
            "title": say(heading_codes(kind)["section"], language),
            "lines": [kind_row.email_line(row, sides[row.id], language) for row in rows if row.kind == kind],
        }
        for kind, kind_row in KINDS.items()
        if any(row.kind == kind for row in rows)
    ]
