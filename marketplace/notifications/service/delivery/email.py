"""E-mail: composed from sentences and templates in the receiver's language, and sent by SMTP."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app, render_template
from sqlalchemy import select

from .... import clock
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....messages import say
from ....persons.models import Language
from ...models import REQUIRED, Delivery, EmailPreference, Notification, NotificationStatus
from ..kinds import KINDS, heading_codes
from ..pages import TODAY, page_of
from ..preferences.delivery_preferences import preferences_by_receiver, preferences_of
from ..preferences.unsubscribing import ALL, unsubscribe_path
from ..subjects import read_sides
from .address_caps import DIGEST, count_mail
from .handing_over import hand_over
from .mail_hours import next_mail_time
from .quotation import quoted
from .release import preference_for

MOST_LINES = 50
"""Messages of a kind that a digest tells one by one."""
MOST_JUDGED = 20
"""Summed messages of a sender of which one must still hold for their line."""
GATHERED_WITHIN = timedelta(days=1)
"""Messages of one e-mail were released within this time; older ones were not to be mailed then."""
UNFOLDED = SMTP.clone(max_line_length=998)
"""So that no header with a link is cut or encoded: a line has 998 characters at most (RFC 5322)."""
log = logging.getLogger(__name__)


class Line(NamedTuple):
    """A message as a sentence, and the address of the page that it is about."""

    sentence: str
    link: str


def send_email(notification_id: UUID) -> None:
    """Send the e-mail of one released message by day; by night enqueue it for the morning.

    Of a kind that is gathered, the messages that wait for theirs go with it. Where the address has had enough
    of the kind today, they wait for the digest.
    """
    with unit_of_work() as work:
        row = _lock(work, notification_id)
        if row.mailed_at is not None or row.delivery != Delivery.IMMEDIATE or not _mailable([row]):
            return
        if _is_put_off(work, "notifications.jobs.send_email", notification_id=str(notification_id)):
            return
        rows, message_id = _gathered(work, row), f"<{row.id}@huanliu>"
        receiver = enterprises.by_id({row.enterprise_id})[row.enterprise_id]
        if not count_mail(work, receiver.contact_email, row.kind, message_id):
            for waiting in rows:
                waiting.delivery = Delivery.DIGEST
            return
        if not _is_still_reachable(work, receiver):
            return
        _mark_mailed(work, rows)
        _send(receiver, rows, message_id, "single" if len(rows) == 1 else "digest")


def _lock(work: Work, notification_id: UUID) -> Notification:
    """The message, locked; of a kind that is gathered one task at a time locks those of a receiver."""
    row = work.session.get_one(Notification, notification_id)
    if KINDS[row.kind].is_gathered:
        work.lock_name(f"{row.kind} {row.enterprise_id}")
    return work.lock(Notification, Notification.id == notification_id)


def _gathered(work: Work, row: Notification) -> Sequence[Notification]:
    """The message, and if its kind is gathered all others of its receiver that wait for their e-mail."""
    if not KINDS[row.kind].is_gathered:
        return [row]
    return work.session.scalars(
        select(Notification)
        .where(
            Notification.enterprise_id == row.enterprise_id,
            Notification.kind == row.kind,
            Notification.status == NotificationStatus.RELEASED,
            Notification.delivery == Delivery.IMMEDIATE,
            Notification.mailed_at.is_(None),
            Notification.released_at >= clock.now() - GATHERED_WITHIN,
        )
        .order_by(Notification.release_no)
        .with_for_update()
    ).all()


def send_digest(enterprise_id: UUID, digest_at: str) -> None:
    """Send one e-mail with all messages that were put into that digest."""
    with unit_of_work() as work:
        if _is_put_off(
            work, "notifications.jobs.send_digest", enterprise_id=str(enterprise_id), digest_at=digest_at
        ):
            return
        waiting = work.session.scalars(
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
        receiver = enterprises.by_id({enterprise_id})[enterprise_id]
        rows = _worth_mailing(waiting) if is_reachable(receiver) else []
        if not rows:
            return
        message_id = f"<digest-{rows[0].id}@huanliu>"
        is_within_cap = count_mail(work, receiver.contact_email, DIGEST, message_id)
        if is_within_cap and _is_still_reachable(work, receiver):
            _mark_mailed(work, rows)
            _send(receiver, rows, message_id, "digest")


def _worth_mailing(waiting: Sequence[Notification]) -> list[Notification]:
    """Those that still hold; of what is summed up for a sender all do, if one of its last few does."""
    summed: dict[Any, list[Notification]] = defaultdict(list)
    senders = listings.owners_of(
        {row.counterpart_id for row in waiting if row.is_summed and row.counterpart_id}
    )
    for row in waiting:
        if row.is_summed and row.counterpart_id:
            summed[senders[row.counterpart_id]].append(row)
    single = [row for row in waiting if not row.is_summed]
    last = {sender: rows[-MOST_JUDGED:] for sender, rows in summed.items()}
    mailable = _mailable([*single, *(row for rows in last.values() for row in rows)])
    held = {sender for sender, rows in last.items() if any(row.id in mailable for row in rows)}
    told = mailable | {row.id for sender in held for row in summed[sender]}
    return [row for row in waiting if row.id in told]


def is_reachable(receiver: Enterprise) -> bool:
    """Whether e-mail may go to the contact: the address is proven by its link, and no relay refused it."""
    return receiver.email_proven_at is not None and receiver.email_refused_at is None


def _is_still_reachable(work: Work, receiver: Enterprise) -> bool:
    """Whether e-mail may go to the receiver as it is now: while it waited for other e-mail to its mailbox,
    the contact may have been changed or erased."""
    address = receiver.contact_email
    work.session.refresh(receiver)
    return receiver.contact_email == address and is_reachable(receiver)


def _mailable(rows: Sequence[Notification]) -> set[UUID]:
    """Those messages whose receiver can be reached and wants e-mail of their kind, and that still hold; the
    statements do not grow with them."""
    ids = {row.enterprise_id for row in rows}
    preferences, receivers = preferences_by_receiver(ids), enterprises.by_id(ids)
    wanted: dict[str, list[Notification]] = defaultdict(list)
    for row in rows:
        receiver = receivers[row.enterprise_id]
        wish = preference_for(row.kind, preferences.get(row.enterprise_id))
        may_know = row.counterpart_id is None or receiver.may_trade  # the suspended see no listing of others
        if is_reachable(receiver) and wish != EmailPreference.OFF and may_know:
            wanted[row.kind].append(row)
    return {row_id for kind, of_kind in wanted.items() for row_id in KINDS[kind].holding(of_kind)}


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


def _send(receiver: Enterprise, rows: Sequence[Notification], message_id: str, template: str) -> None:
    """Compose an e-mail and hand it to the SMTP relay.

    Its id is the same at a second try, so that readers can fold both into one.
    """
    preferences = preferences_of(receiver.id)
    message = _composed(receiver, rows, template, preferences.language if preferences else Language.ZH)
    message["Message-ID"] = message_id
    if hand_over(receiver, message):
        log.info(
            "e-mail sent",
            extra={"enterprise_id": str(receiver.id), "template": template, "messages": len(rows)},
        )


def _composed(
    receiver: Enterprise, rows: Sequence[Notification], template: str, language: str
) -> EmailMessage:
    settings = current_app.config["SETTINGS"]
    message = EmailMessage(UNFOLDED)
    message["Subject"] = say(_subject_code(rows, template), language, count=len(rows))
    message["From"] = settings.mail_from
    message["To"] = receiver.contact_email
    message["Date"] = format_datetime(clock.now())
    stops = _stops(receiver, {row.kind for row in rows})
    if stops:
        message["List-Unsubscribe"] = f"<{stops[0]}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(
        render_template(
            f"mail/{template}.{language}.txt",
            name=quoted(receiver.contact_name),
            sections=_sections(rows, language),
            count=len(rows),
            matched=any(KINDS[row.kind].invites_feedback for row in rows),
            required=any(row.kind in REQUIRED for row in rows),
            stop_kind=stops[0] if len(stops) > 1 else None,
            stop_all=stops[-1] if stops else None,
            url=settings.public_url,
        )
    )
    return message


def _stops(receiver: Enterprise, kinds: set[str]) -> list[str]:
    """Addresses that stop such e-mails, the narrowest first: those of their kind, if it is one that may be
    stopped, and all that may; none without a key to sign them with."""
    stoppable = [kind for kind in kinds if len(kinds) == 1 and kind not in REQUIRED]
    paths = [unsubscribe_path(receiver, kind) for kind in (*stoppable, ALL)]
    return [_address(path) for path in paths if path is not None]


def _address(path: str) -> str:
    url: str = current_app.config["SETTINGS"].public_url
    return f"{url.rstrip('/')}{path}"


def _subject_code(rows: Sequence[Notification], template: str) -> str:
    kinds = {row.kind for row in rows}
    if len(kinds) > 1:
        return "mail_subject_digest_mixed"
    return heading_codes(kinds.pop())["subject" if template == "single" else "digest_subject"]


def _sections(rows: Sequence[Notification], language: str) -> list[dict[str, Any]]:
    """Messages as sentences, under a title for each kind, in the order of `KINDS`; at the end those that are
    summed up, in one line for each sender."""
    single = [row for row in rows if not row.is_summed]
    sections = [_section(kind, of_kind, language) for kind in KINDS if (of_kind := _of_kind(single, kind))]
    if summed := [row for row in rows if row.is_summed]:
        lines = _summary_lines(summed, language)
        sections.append({"title": say("mail_section_summed", language), "lines": lines})
    return sections


def _of_kind(rows: Sequence[Notification], kind: str) -> list[Notification]:
    return [row for row in rows if row.kind == kind]


def _section(kind: str, rows: Sequence[Notification], language: str) -> dict[str, Any]:
    """A line for each of the first messages of a kind, and how many more there are."""
    told = rows[:MOST_LINES]
    sides = read_sides(told)
    lines = [
        Line(KINDS[kind].email_line(row, sides[row.id], language), _address(page_of(row))) for row in told
    ]
    if rest := len(rows) - len(told):
        lines.append(Line(say("mail_line_rest", language, count=rest), _address(TODAY)))
    return {"title": say(heading_codes(kind)["section"], language), "lines": lines}


def _summary_lines(rows: Sequence[Notification], language: str) -> list[Line]:
    """A line for each sender, in the order of the messages."""
    ids = [row.counterpart_id for row in rows if row.counterpart_id]
    outlines = listings.outlines(set(ids))
    names = {outlines[one].enterprise_id: outlines[one].name for one in ids}
    counts = Counter(outlines[one].enterprise_id for one in ids)
    return [
        Line(
            say("mail_line_summed", language, enterprise=quoted(name), count=counts[sender]), _address(TODAY)
        )
        for sender, name in names.items()
    ]
