"""How many drafts and open listings an enterprise may have at once, by its status and grade; the settings say
how many, and of some grades the matching policy.

What adds to them locks the owner first, before any listing, counts once and adds as long as there is room:
two requests at once cannot both take the last place. What an enterprise has beyond a lowered quota stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, func, select, true

from ...enterprises.models import Enterprise
from ...errors import Conflict, NotFound
from ...events.work import Work
from ...statements import Statement

CLOSED_PER_DRAFT = 10
"""Of an enterprise that nobody has approved yet, withdrawn drafts are counted too, so many for each that it
may have: else drafting and withdrawing in turn would fill the tables. Our own choice."""


OpenLimit = Callable[[str], int | None]
"""The most open listings of a grade, None without a limit."""
COUNTED = ("drafts", "published", "ever")
"""What the database's `listings_had` counts: of who is not approved, all there ever were, too."""
OF_OWNER = (
    "id", "name", "status", "roles", "region", "place_region", "lon", "lat", "grade", "credit_milli",
)  # fmt: skip
"""What rules and responses about a listing ask of its owner."""
ENTERPRISE = Enterprise.__table__.c
LOCKED = (
    select(*(ENTERPRISE[name] for name in OF_OWNER))
    .where(ENTERPRISE.id == bindparam("id"))
    .with_for_update(key_share=True)
    .cte()
)
HAD = func.listings_had(LOCKED.c.id).table_valued(*COUNTED).lateral()
LOCK_AND_COUNT = Statement(select(LOCKED, *HAD.c).join(HAD, true()))
"""The function is volatile and so counts by a snapshot of its own, taken once the lock is held: a plain
subquery would count by that of the statement, from before it waited for others."""


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


def lock_owner(enterprise_id: UUID | None) -> tuple[Any, Quota]:
    """The owner (`OF_OWNER`), locked against whatever else adds to its listings until the unit of work ends,
    and its quota, both in one statement.

    Raises:
        NotFound: there is no such enterprise.
    """
    found = LOCK_AND_COUNT.one_or_none(id=enterprise_id)
    if found is None:
        raise NotFound()
    return found, _quota(found.drafts, found.published, found.ever, found.grade)


def quota_of(work: Work, owner: Enterprise) -> Quota:
    """What the owner has and may have, for who adds nothing: others may add meanwhile."""
    had = func.listings_had(owner.id).table_valued(*COUNTED)
    drafts, published, ever = work.session.execute(select(*had.c)).one()
    return _quota(drafts, published, ever, owner.grade)


def set_open_limits(limit_of: OpenLimit) -> None:
    """Say how many open listings a grade allows; the policy that knows it is in a room to the right."""
    global _limit_of
    _limit_of = limit_of


def _no_limit(grade: str) -> int | None:
    return None


_limit_of: OpenLimit = _no_limit


def _quota(drafts: int, published: int, ever: int | None, grade: str) -> Quota:
    settings = current_app.config["SETTINGS"]
    if ever is None:
        limits = (settings.quota_open_listings, _limit_of(grade))
        most_open = min(limit for limit in limits if limit is not None)
        return Quota(drafts, settings.quota_drafts, published, most_open)
    most: int = settings.quota_pending_drafts
    is_spent = ever - drafts >= most * CLOSED_PER_DRAFT
    return Quota(drafts, drafts if is_spent else most, published, 0)
