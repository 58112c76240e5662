"""How many e-mails of each kind one address gets in a day, whichever enterprises name it.

Spellings of one mailbox count as one (`identity.mailbox`). An e-mail is counted in the transaction that sends
it, under a lock of its mailbox; days are those of Asia/Shanghai.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select

from .... import clock, identity
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ....matches import service as matches
from ...models import SentMail
from ..kinds import KINDS

PUSH, DIGEST, INVITATION = "push", "digest", "invitation"
"""What is counted together: kinds that share the policy's daily cap, digests, and invitations of persons."""
DIGESTS_A_DAY = 10
"""Digests to one address within a day: of as many enterprises that share it; our own choice."""
INVITATIONS_A_DAY = 5
"""Invitations to one address within a day, whoever makes them; our own choice."""
KEPT = timedelta(days=2)
"""How long an e-mail is remembered: longer than any day."""


def count_mail(work: Work, address: str, kind: str, message_id: str) -> bool:
    """Count an e-mail to an address. Returns whether the address may have it.

    Args:
        kind: of the message, or `DIGEST`.
    """
    counted, mailbox = _counted_as(kind), digest(identity.mailbox(address))
    work.lock_name(f"sent_mail {mailbox}")
    today = (SentMail.mailbox == mailbox, SentMail.kind == counted, SentMail.at >= clock.midnight())
    had = work.session.scalar(select(func.count()).where(*today)) or 0
    if had >= mails_a_day(counted):
        return False
    work.add(SentMail(message_id=message_id, mailbox=mailbox, kind=counted, at=clock.now()))
    return True


def _counted_as(kind: str) -> str:
    return PUSH if kind in KINDS and KINDS[kind].is_capped else kind


def mails_a_day(counted: str) -> int:
    """How many e-mails that are counted so an address gets within a day."""
    if counted == PUSH:
        return int(matches.policy_in_force().body["push_daily_cap"])
    of_others = {DIGEST: DIGESTS_A_DAY, INVITATION: INVITATIONS_A_DAY}
    return of_others[counted] if counted in of_others else KINDS[counted].mails_a_day


def forget_sent_mail() -> int:
    """Delete what no cap looks at any more. Returns how many rows."""
    with unit_of_work() as work:
        old = delete(SentMail).where(SentMail.at < clock.now() - KEPT).returning(SentMail.message_id)
        return len(work.session.scalars(old).all())
