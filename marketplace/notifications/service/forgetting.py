"""What messages say of people is forgotten with them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects.postgresql import JSONB

from ...events.work import Work
from ..models import Notification, NotificationKind

NAMELESS = {"name": ""}
NAMING_PEOPLE = (
    NotificationKind.KEY_EXPIRING,
    NotificationKind.TRANSPORTER_EXPIRING,
    NotificationKind.TRANSPORTER_VERIFIED,
    NotificationKind.TRANSPORTER_REFUSED,
)
"""Kinds whose messages may name a person: that of a key, a driver."""


def forget_people(work: Work, enterprise_id: UUID) -> None:
    """Delete what an enterprise was told of its contact's address, and the names of its keys and crew."""
    of_address = Notification.kind == NotificationKind.EMAIL_REFUSED
    work.session.execute(delete(Notification).where(Notification.enterprise_id == enterprise_id, of_address))
    _blank_names(work, Notification.enterprise_id == enterprise_id)


def forget_key_names(work: Work, told_before: datetime) -> None:
    """Blank the names of keys and crew of which something was told before a moment."""
    _blank_names(work, Notification.created_at < told_before, Notification.data["name"].astext != "")


def _blank_names(work: Work, *conditions: ColumnElement[bool]) -> None:
    naming = update(Notification).where(Notification.kind.in_(NAMING_PEOPLE), *conditions)
    work.session.execute(naming.values(data=Notification.data.op("||", return_type=JSONB)(NAMELESS)))
