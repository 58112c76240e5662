"""What messages say of people is forgotten with them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects.postgresql import JSONB

from ...events.work import Work
from ..models import Notification, NotificationKind

NAMELESS = {"name": ""}


def forget_people(work: Work, enterprise_id: UUID) -> None:
    """Delete what an enterprise was told of its contact's address, and the names of its keys."""
    of_address = Notification.kind == NotificationKind.EMAIL_REFUSED
    work.session.execute(delete(Notification).where(Notification.enterprise_id == enterprise_id, of_address))
    _blank_key_names(work, Notification.enterprise_id == enterprise_id)


def forget_key_names(work: Work, told_before: datetime) -> None:
    """Blank the names of keys whose end was told before a moment."""
    _blank_key_names(work, Notification.created_at < told_before, Notification.data["name"].astext != "")


def _blank_key_names(work: Work, *conditions: ColumnElement[bool]) -> None:
    of_keys = update(Notification).where(Notification.kind == NotificationKind.KEY_EXPIRING, *conditions)
    work.session.execute(of_keys.values(data=Notification.data.op("||", return_type=JSONB)(NAMELESS)))
