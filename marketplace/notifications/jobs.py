"""What the scheduler and the workers run for notifications."""

from datetime import datetime
from uuid import UUID

from . import service


def plan(listing_id: str) -> None:
    """A listing was published or changed."""
    service.plan(UUID(listing_id))


def seek(listing_id: str, since: str, after: str | None = None) -> None:
    """A listing is to be held against saved searches."""
    service.seek(UUID(listing_id), datetime.fromisoformat(since), UUID(after) if after else None)


def drop(listing_id: str, status: str) -> None:
    """A listing closed."""
    service.drop_for(UUID(listing_id))


def plan_news(run_id: int) -> None:
    """All supplies were ranked anew."""
    service.plan_news(run_id)


def tell_new(run_id: int, grade: str) -> None:
    """Enterprises of a grade are to be told what the ranking found."""
    service.tell_new(run_id, grade)


def tell_mutual(listing_id: str, other_id: str) -> None:
    """Both sides of a pairing are interested."""
    service.tell_mutual(UUID(listing_id), UUID(other_id))


def tell_key_expiring(enterprise_id: str, key_id: str, name: str, expires_at: str) -> None:
    """A key ends soon."""
    service.tell_key_expiring(UUID(enterprise_id), key_id, name, expires_at)


def mail_one(notification_id: str) -> None:
    """A released message is to be mailed."""
    service.mail_one(UUID(notification_id))


def mail_digest(enterprise_id: str, digest_at: str) -> None:
    """A digest is to be mailed."""
    service.mail_digest(UUID(enterprise_id), digest_at)


def release() -> None:
    """Release what is due."""
    while service.release_due() == service.RELEASE_BATCH:
        pass


def plan_digests() -> None:
    """Enqueue the digests of this day."""
    service.plan_digests()
