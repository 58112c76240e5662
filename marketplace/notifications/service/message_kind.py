"""What a kind of messages is made of, and the two sorts that most kinds are of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ...events.work import Work
from ..models import EmailPreference, Notification
from .delivery import email_lines, lapsing, validity
from .delivery.due import DueMessage
from .subjects import Sides

MAILS_A_DAY = 5
"""E-mails of a kind that one address gets within a day where the kind says nothing else; our own choice."""


def _no_preferences(messages: Sequence[DueMessage]) -> Mapping[UUID, EmailPreference]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKind:
    """What follows from the kind of a message.

    Attributes:
        data_fields: the fields of `data` that the API shows.
        default_delivery: the e-mail that enterprises without preferences get.
        is_capped: counts towards the daily cap of immediate messages.
        is_capped_by_sender: counts towards the cap of immediate messages by sender and receiver.
        mails_a_day: e-mails of the kind to one address within a day, whoever causes them; more wait for the
            digest. Kinds that `is_capped` share the policy's daily cap instead.
        is_gathered: one e-mail tells all messages of the kind that wait for theirs.
        is_shown_pairing: its release is recorded as an outcome "shown" of the pairing.
        invites_feedback: its e-mail invites to give feedback on the pairing.
        lapsed_at_release: ids of those messages of the kind that are due and no longer hold.
        holding: ids of those released messages of the kind that still hold when their e-mail is sent.
        email_line: what an e-mail and the inbox say of a message and its sides, in a language.
        email_line_codes: the sentences that `email_line` chooses from, in `messages/mail.toml`.
        outlives_listing: is not cancelled when a listing that it is about closes.
        own_preferences: by message id, how prompt an e-mail the message's own cause allows.
    """

    data_fields: frozenset[str]
    default_delivery: EmailPreference = EmailPreference.IMMEDIATE
    is_capped: bool
    is_capped_by_sender: bool = False
    mails_a_day: int = MAILS_A_DAY
    is_gathered: bool = False
    is_shown_pairing: bool = False
    invites_feedback: bool
    lapsed_at_release: Callable[[Work, Sequence[DueMessage], datetime], set[UUID]] = lapsing.none_lapsed
    holding: Callable[[Sequence[Notification]], set[UUID]] = validity.always_hold
    email_line: Callable[[Notification, Sides, str], str] = email_lines.from_data
    email_line_codes: tuple[str, ...]
    outlives_listing: bool = False
    own_preferences: Callable[[Sequence[DueMessage]], Mapping[UUID, EmailPreference]] = _no_preferences


def ending(name: str, *data_fields: str) -> MessageKind:
    """A kind that tells an enterprise of what ends soon: of all that does in one e-mail a day."""
    return replace(about_oneself(name, *data_fields), mails_a_day=1, is_gathered=True)


def about_oneself(name: str, *data_fields: str) -> MessageKind:
    """A kind that tells an enterprise of its own affairs what its data say."""
    return MessageKind(
        data_fields=frozenset(data_fields),
        is_capped=False,
        invites_feedback=False,
        email_line_codes=(f"mail_line_{name}",),
    )
