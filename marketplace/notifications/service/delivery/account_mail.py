"""E-mails with a link for the contact of an enterprise: to prove its address, to recover a lost key.

They say nothing that anybody else wrote. The token exists in the e-mail alone.
"""

import logging
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from flask import current_app

from .... import clock
from ....enterprises import service as enterprises
from ....enterprises.models import MailPurpose
from ....events.work import unit_of_work
from ....messages import say
from ....persons.models import Language
from ..preferences.delivery_preferences import preferences_of
from .handing_over import hand_over
from .mail_hours import is_mail_configured

log = logging.getLogger(__name__)


def send_link(enterprise_id: UUID, purpose: MailPurpose) -> None:
    """Mail a new link to the contact of an enterprise, unless it may not have one now."""
    if not is_mail_configured():
        return
    with unit_of_work() as work:
        issued = enterprises.issue_mail_token(work, enterprise_id, purpose)
        if issued is None:
            return
        enterprise, token = issued
        preferences = preferences_of(enterprise_id)
        language = preferences.language if preferences else Language.ZH
        settings = current_app.config["SETTINGS"]
        message = EmailMessage()
        message["Subject"] = say(f"mail_subject_{purpose}", language)
        message["From"] = settings.mail_from
        message["To"] = enterprise.contact_email
        message["Date"] = format_datetime(clock.now())
        message.set_content(say(f"mail_body_{purpose}", language, url=settings.public_url, token=token))
        if not hand_over(enterprise, message):
            return
    log.info("link mailed", extra={"enterprise_id": str(enterprise_id), "purpose": purpose})
