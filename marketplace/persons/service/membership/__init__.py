"""Membership: invitations, joining, rights, leaving."""

from .founding import Founder, founder_of, register_enterprise
from .inviting import (
    find_invitation,
    invite,
    invite_staff,
    issue_code,
    lapse_invitation,
    list_invitations,
    withdraw_invitation,
)
from .joining import join
from .members import (
    change_right,
    end_membership,
    find_member,
    list_members,
    memberships_of,
    reachable_officers,
    staff_without_person,
)

__all__ = [
    "Founder",
    "change_right",
    "end_membership",
    "find_invitation",
    "find_member",
    "founder_of",
    "invite",
    "invite_staff",
    "issue_code",
    "join",
    "lapse_invitation",
    "list_invitations",
    "list_members",
    "memberships_of",
    "reachable_officers",
    "register_enterprise",
    "staff_without_person",
    "withdraw_invitation",
]
