"""Questions that are answered once, by who was asked: challenges of passkeys, states of log-ins elsewhere."""

import secrets
from datetime import timedelta

from sqlalchemy import delete

from .... import clock
from ....errors import Invalid
from ....events.work import unit_of_work
from ....http.authentication import digest
from ...models import Handshake, HandshakeKind

ANSWERED_WITHIN = timedelta(minutes=10)
"""How long a question waits; our own choice."""


def ask(
    kind: HandshakeKind, holder: str, next_page: str | None = None, invitation_digest: str | None = None
) -> str:
    """A new question of 256 bits.

    Args:
        holder: what its asker keeps: the token in the cookie of a browser, or the id of a session.
        next_page, invitation_digest: of a log-in elsewhere.
    """
    question = secrets.token_urlsafe(32)
    with unit_of_work() as work:
        work.add(
            Handshake(
                digest=digest(question),
                holder=digest(holder),
                kind=kind,
                next=next_page,
                invitation_digest=invitation_digest,
                created_at=clock.now(),
            )
        )
    return question


def take(kind: HandshakeKind, holder: str, question: str) -> Handshake:
    """The question that is answered now, as it was asked; whatever comes of the answer, it is gone.

    Raises:
        Invalid: it was answered before, is over, or was asked of somebody else (`handshake_over`).
    """
    with unit_of_work() as work:
        asked = work.session.scalars(
            delete(Handshake)
            .where(
                Handshake.digest == digest(question),
                Handshake.holder == digest(holder),
                Handshake.kind == kind,
                Handshake.created_at > clock.now() - ANSWERED_WITHIN,
            )
            .returning(Handshake)
        ).one_or_none()
        if asked is not None:
            work.session.expunge(asked)
    if asked is None:
        raise Invalid("handshake_over")
    return asked


def forget_old_handshakes() -> int:
    """Delete questions that nobody answered in time. Returns how many."""
    with unit_of_work() as work:
        old = delete(Handshake).where(Handshake.created_at < clock.now() - ANSWERED_WITHIN)
        return len(work.session.scalars(old.returning(Handshake.digest)).all())
