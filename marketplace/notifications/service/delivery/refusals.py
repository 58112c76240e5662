"""What a relay's refusal is about: the address, for good, or anything else, which may pass.

RFC 5321 4.2.1: 5yz is final, 4yz is for now. RFC 3463 says by its second number what a refusal is about: 1
the address, 2 the mailbox, 7 policy. A full mailbox is emptied some day, a login or a policy is the
operator's matter; these are tried again and parked as any other task.
"""

import re
import smtplib

from ....plain_text import shown

OF_THE_ADDRESS = {501, 510, 511, 521, 525, 550, 551, 553, 554, 556}
"""Final replies to RCPT and DATA that say nobody can be reached under the address."""
NOT_OF_THE_ADDRESS = re.compile(r"5\.(2\.[234]|[34567]\.\d+)\b")
"""A full mailbox, a message too long, the relay's own state, the protocol, the content, policy and login."""
MOST_REPLY = 200


def final_refusal(error: Exception, address: str) -> str | None:
    """The relay's reply, if it says that `address` can never be reached; else None."""
    if isinstance(error, smtplib.SMTPNotSupportedError | UnicodeEncodeError) and not address.isascii():
        return "553 5.6.7 non-ASCII address"
    reply: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPDataError):
        code, reply = error.smtp_code, error.smtp_error
    else:
        return None
    text = reply.decode("utf-8", errors="replace") if isinstance(reply, bytes) else reply
    if code not in OF_THE_ADDRESS or NOT_OF_THE_ADDRESS.match(text):
        return None
    return shown(f"{code} {text}")[:MOST_REPLY]
