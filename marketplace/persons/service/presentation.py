"""Members and invitations as those who govern them see them."""

from typing import Any

from ..models import INVITED_FOR, Invitation, Membership


def present_member(member: Membership) -> dict[str, Any]:
    """A member with the person; needs `person` to be loaded."""
    person = member.person
    return {
        **{name: getattr(member, name) for name in ("id", "person_id", "right", "staff_id", "created_at")},
        **{name: getattr(person, name) for name in ("name", "email", "phone", "language")},
        "has_second_factor": person.totp_since is not None,
    }


def present_invitation(invitation: Invitation) -> dict[str, Any]:
    """An invitation without its code."""
    names = ("id", "status", "right", "staff_id", "email", "language", "created_at")
    shown = {name: getattr(invitation, name) for name in names}
    return {**shown, "ends_at": invitation.created_at + INVITED_FOR}
