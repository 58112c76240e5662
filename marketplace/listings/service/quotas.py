"""How many drafts and open listings an enterprise may have at once, by its status; the settings say how many.

What adds to them locks the owner first, before any listing, counts once and adds as long as there is room:
two requests at once cannot both take the last place. What an enterprise has beyond a lowered quota stays.
"""

from dataclasses import dataclass
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...errors import Conflict
from ...events.work import Work
from ..models import Listing, ListingStatus

CLOSED_PER_DRAFT = 10
"""Of an enterprise that nobody has approved yet, withdrawn drafts are counted too, so many for each that it
may have: else drafting and withdrawing in turn would fill the tables. Our own choice."""


@dataclass(slots=True)
class Quota:
    """What an enterprise has of drafts and open listings, and the most that it may have."""

    drafts: int
    most_drafts: int
    open: int
    most_open: int

    def add_draft(self) -> None:
        """Count one draft more. Raises: Conflict: it would be one too many (`too_many_drafts`)."""
        if self.drafts >= self.most_drafts:
            raise Conflict("too_many_drafts", most=self.most_drafts)
        self.drafts += 1

    def add_open(self) -> None:
        """Count one open listing more. Raises: Conflict: one too many (`too_many_open_listings`)."""
        if self.open >= self.most_open:
            raise Conflict("too_many_open_listings", most=self.most_open)
        self.open += 1

    def publish_draft(self) -> None:
        """Count a draft as open. Raises: Conflict (`too_many_open_listings`)."""
        self.add_open()
        self.drafts -= 1


def lock_owner(work: Work, enterprise_id: UUID | None) -> tuple[Enterprise, Quota]:
    """The owner, locked against whatever else adds to its listings until the work ends, and its quota.

    Raises:
        NotFound: there is no such enterprise.
    """
    owner = enterprises.lock(work, enterprise_id)
    return owner, quota_of(work, owner)


def quota_of(work: Work, owner: Enterprise) -> Quota:
    """What the owner has and may have, in one statement; exact while its additions are locked."""
    settings = current_app.config["SETTINGS"]
    is_draft, is_open = (Listing.status == status for status in (ListingStatus.DRAFT, ListingStatus.OPEN))
    count = select(func.count().filter(is_draft), func.count().filter(is_open), func.count())
    of_owner = count.where(Listing.enterprise_id == owner.id)
    if owner.status == EnterpriseStatus.APPROVED:
        living = of_owner.where(Listing.status.in_((ListingStatus.DRAFT, ListingStatus.OPEN)))
        drafts, published, _ = work.session.execute(living).one()
        return Quota(drafts, settings.quota_drafts, published, settings.quota_open_listings)
    drafts, published, ever = work.session.execute(of_owner).one()
    most: int = settings.quota_pending_drafts
    is_spent = ever - drafts >= most * CLOSED_PER_DRAFT
    return Quota(drafts, drafts if is_spent else most, published, 0)
