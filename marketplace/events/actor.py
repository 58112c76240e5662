"""Who acts: an enterprise's key, a member of the platform staff, or the platform itself."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

ENTERPRISE = "enterprise"
ADMIN = "admin"
REGULATOR = "regulator"
SYSTEM = "system"

SCOPES = ("read", "listings:write", "deals:write", "admin")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a request or runs a job. `id` is that of the enterprise or the staff member; `person_id`
    is who acts for it, where a person does."""

    kind: str
    id: UUID | None = None
    scopes: frozenset[str] = frozenset()
    key_id: UUID | None = None
    status: str = "approved"
    roles: frozenset[str] = frozenset()
    region: int | None = None
    person_id: UUID | None = None

    @property
    def is_admin(self) -> bool:
        return self.kind == ADMIN

    @property
    def enterprise_id(self) -> UUID | None:
        """The enterprise that acts, None for platform staff."""
        return self.id if self.kind == ENTERPRISE else None


acting_person: ContextVar[UUID | None] = ContextVar("acting_person", default=None)
"""The person who makes the request; None where a key that is nobody's own makes it, and in tasks."""

ANONYMOUS = Actor("anonymous")
"""Calls without a key, where that is allowed."""
PLATFORM = Actor(SYSTEM)
"""Acts in tasks, periodic jobs and commands."""
