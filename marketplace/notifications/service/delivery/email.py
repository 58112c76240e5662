"""E-mails: Chinese and English templates, handed to the relay by SMTP."""

import smtplib
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from flask import current_app, render_template
from sqlalchemy import select

import matching

from .... import clock
from ....enterprises import service as enterprises
from ....events.work import unit_of_work
from ....listings import service as listings
from ....listings.models import Listing
from ....messages import say
from ...models import KINDS, MATCH_FOUND, MATCH_MUTUAL, Delivery, Notification
from ..preferences.delivery_preferences import preferences_of
from .digests import may_be_mailed, next_mail_time

TIMEOUT_S = 15


def send_email(notification_id: UUID) -> None:
    """Send the e-mail of one released message, by day; by night owe it for the morning."""
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        if row.mailed_at is not None or not may_be_mailed(row):
            return
        if _put_off(work, "notifications.jobs.send_email", {"notification_id": str(notification_id)}):
            return
        row.mailed_at = clock.now()
        work.session.flush()
        _send(row.enterprise_id, [row], f"<{row.id}@huanliu>", "one")


def send_digest(enterprise_id: UUID, digest_at: str) -> None:
    """Send one e-mail with all messages that were put into that digest."""
    with unit_of_work() as work:
        if _put_off(
            work,
            "notifications.jobs.send_digest",
            {"enterprise_id": str(enterprise_id), "digest_at": digest_at},
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
            .order_by(Notification.place)
            .with_for_update()
        ).all()
        rows = [row for row in rows if may_be_mailed(row)]
        if not rows:
            return
        for row in rows:
            row.mailed_at = clock.now()
        work.session.flush()
        _send(enterprise_id, rows, f"<digest-{rows[0].id}@huanliu>", "digest")


def _put_off(work: Any, job: str, payload: dict[str, str]) -> bool:
    now = clock.now()
    due = next_mail_time(now)
    if due == now:
        return False
    work.enqueue(job, due_at=due, **payload)
    return True


def _send(enterprise_id: UUID, rows: Any, message_id: str, template: str) -> None:
    """Hand one message to the relay; its id is the same at a second try, so that readers can fold it."""
    settings = current_app.config["SETTINGS"]
    receiver = enterprises.by_id({enterprise_id})[enterprise_id]
    preferences = preferences_of(enterprise_id)
    language = preferences.language if preferences else "zh"
    message = EmailMessage()
    message["Subject"] = say(f"mail_subject_{template}_{_kind(rows)}", language, count=len(rows))
    message["From"] = settings.mail_from
    message["To"] = receiver.contact_email
    message["Message-ID"] = message_id
    message["Date"] = format_datetime(clock.now())
    message.set_content(
        render_template(
            f"mail/{template}.{language}.txt",
            receiver=receiver,
            sections=_sections(rows, language),
            count=len(rows),
            matched=any(row.kind in (MATCH_FOUND, MATCH_MUTUAL) for row in rows),
            url=settings.public_url,
        )
    )
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S) as relay:
        if settings.smtp_starttls:
            relay.starttls()
        if settings.smtp_user:
            relay.login(settings.smtp_user, settings.smtp_password)
        relay.send_message(message, to_addrs=[receiver.contact_email])


def _sections(rows: Any, language: str) -> list[dict[str, Any]]:
    """Messages as sentences, under a title for each kind, in the order of KINDS."""
    return [
        {
            "title": say(f"mail_section_{kind.replace('.', '_')}", language),
            "lines": [_line(row, language) for row in rows if row.kind == kind],
        }
        for kind in KINDS
        if any(row.kind == kind for row in rows)
    ]


def _kind(rows: Any) -> str:
    kinds = {row.kind for row in rows}
    return kinds.pop().replace(".", "_") if len(kinds) == 1 else "mixed"


def _line(row: Notification, language: str) -> str:
    """One message as a sentence."""
    if row.counterpart_id is None:
        ends = datetime.fromisoformat(row.data["expires_at"]).astimezone(clock.LOCAL)
        shown = {**row.data, "expires_at": f"{ends:%Y-%m-%d %H:%M}"}
        return say(f"mail_line_{row.kind.replace('.', '_')}", language, **shown)
    about = listings.by_id({row.counterpart_id, row.listing_id or row.counterpart_id})
    theirs, mine = about[row.counterpart_id], about[row.listing_id] if row.listing_id else None
    other = enterprises.by_id({theirs.enterprise_id})[theirs.enterprise_id]
    facts: dict[str, Any] = {
        "mine": mine.title if mine else "",
        "name": row.data.get("name", ""),
        "theirs": theirs.title,
        "enterprise": other.name,
        "tonnes": f"{theirs.remaining_kg / 1000:,.3f}".rstrip("0").rstrip("."),
        "price": price_in_words(theirs.price_fen, language),
        "distance_km": _distance_km(mine, theirs) if mine else "",
        "contact": "",
    }
    if row.kind == MATCH_MUTUAL:
        facts["contact"] = (other.contact_name, other.contact_phone, other.contact_email)
    line = f"mail_line_{row.kind.replace('.', '_')}"
    if row.kind == MATCH_FOUND and mine:
        line = f"{line}_{mine.kind}"
    return say(line, language, **facts)


def price_in_words(fen: int | None, language: str) -> str:
    """A price in words: who pays, and how much a tonne. `fen` is from the supplier's side."""
    if fen is None:
        return say("mail_price_negotiable", language)
    if fen == 0:
        return say("mail_price_free", language)
    amount = f"{abs(fen) / 100:,.2f}".removesuffix(".00")
    if fen > 0:
        return say("mail_price_receiver_pays", language, amount=amount)
    return say("mail_price_supplier_pays", language, amount=amount)


def _distance_km(mine: Listing, theirs: Listing) -> str:
    return f"{matching.geodesic_km(mine.lat, mine.lon, theirs.lat, theirs.lon):,.0f}"
