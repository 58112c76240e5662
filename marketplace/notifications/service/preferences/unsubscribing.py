"""E-mails are stopped by the link that each of them carries (RFC 8058), without a log-in.

The link says which enterprise, which kind of message or all, and is signed for the address that the e-mail
went to: another contact's old e-mails stop nothing. It is only taken from a POST; the page that it opens has
a button. What law or contract asks for stays, and the inbox has everything.
"""

import logging
from typing import NamedTuple
from uuid import UUID

from .... import sealing
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....errors import Invalid
from ....events.actor import ENTERPRISE, Actor
from ....events.work import unit_of_work
from ...models import REQUIRED, EmailPreference
from ..kinds import KINDS
from .delivery_preferences import add_preferences, lock_preferences, preference_of_kind

PURPOSE = "unsubscribe"
ALL = "all"
"""In place of a kind: every kind that may be stopped."""
PATH = "/unsubscribe/"
log = logging.getLogger(__name__)


class Unsubscribed(NamedTuple):
    """What a link stops."""

    enterprise: Enterprise
    kind: str


def unsubscribe_path(receiver: Enterprise, kind: str) -> str | None:
    """The path of the link that stops e-mails of a kind, or `ALL`; None without a key to sign it with."""
    if not sealing.has_keys():
        return None
    signed = sealing.signature(PURPOSE, _statement(receiver.id, kind, receiver.contact_email))
    return f"{PATH}{receiver.id.hex}~{kind}~{signed}"


def find_unsubscribed(token: str) -> Unsubscribed:
    """What a link would stop; it stops nothing.

    Raises:
        Invalid: it is not ours, or was mailed to an address that is no longer the contact's (`link_invalid`).
    """
    parts = token.split("~")
    if len(parts) != 3 or not (parts[1] == ALL or (parts[1] in KINDS.keys() - REQUIRED)):
        raise Invalid("link_invalid", at="token")
    try:
        enterprise_id = UUID(hex=parts[0])
    except ValueError as error:
        raise Invalid("link_invalid", at="token") from error
    enterprise = enterprises.by_id({enterprise_id}).get(enterprise_id)
    if enterprise is None or not sealing.is_signed(
        PURPOSE, _statement(enterprise_id, parts[1], enterprise.contact_email), parts[2]
    ):
        raise Invalid("link_invalid", at="token")
    return Unsubscribed(enterprise, parts[1])


def unsubscribe(token: str) -> Unsubscribed:
    """Stop the e-mails that a link is about; again changes nothing. Raises: Invalid: `link_invalid`."""
    found = find_unsubscribed(token)
    receiver = Actor(ENTERPRISE, found.enterprise.id)
    with unit_of_work() as work:
        row = lock_preferences(work, receiver) or add_preferences(work, receiver)
        if found.kind == ALL:
            row.kinds = {kind: preference_of_kind(row, kind) for kind in sorted(REQUIRED)}
            row.email = EmailPreference.OFF
        else:
            row.kinds = {**row.kinds, found.kind: EmailPreference.OFF}
        work.session.flush()
        work.audit(receiver, "unsubscribe", found.enterprise, kind=found.kind)
    log.info("unsubscribed", extra={"enterprise_id": str(found.enterprise.id), "kind": found.kind})
    return found


def _statement(enterprise_id: UUID, kind: str, address: str) -> str:
    return f"{enterprise_id.hex} {kind} {address.casefold()}"
