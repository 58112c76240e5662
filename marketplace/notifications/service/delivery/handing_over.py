"""The last step: an e-mail is handed to the relay; an address that it refuses for good is paused."""

import smtplib
from email.message import EmailMessage
from uuid import UUID

from flask import current_app

from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ...models import NotificationKind
from ..planning.instant import plan_message
from .refusals import final_refusal
from .smtp_relay import mail_relay


def hand_over(receiver: Enterprise, message: EmailMessage) -> bool:
    """Hand an e-mail to the relay, for the receiver's contact alone. Returns whether the relay took it.

    Raises:
        smtplib.SMTPException, OSError: it did not, for a reason that may pass.
    """
    address = receiver.contact_email
    reply = hand_to_relay(address, message)
    if reply is not None:
        _pause(receiver.id, address, reply)
    return reply is None


def hand_to_relay(address: str, message: EmailMessage) -> str | None:
    """Hand an e-mail to the relay, for one address. Returns the reply with which it was refused for good.

    Raises:
        smtplib.SMTPException, OSError: the relay did not take it, for a reason that may pass.
    """
    try:
        with mail_relay(current_app.config["SETTINGS"]) as relay:
            relay.send_message(message, to_addrs=[address])
    except (smtplib.SMTPException, UnicodeEncodeError) as error:
        reply = final_refusal(error, address)
        if reply is None:
            raise
        return reply
    return None


def _pause(receiver_id: UUID, address: str, reply: str) -> None:
    """Send nothing more to an address that was refused for good, and say so in the inbox, unless it is the
    enterprise's no longer."""
    if enterprises.record_email_refusal(receiver_id, address, reply):
        plan_message(receiver_id, NotificationKind.EMAIL_REFUSED, {"address": address, "reply": reply})
