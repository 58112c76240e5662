"""A person's own account: what it says of itself, its password and addresses, its erasure."""

from .erasure import (
    erase_oneself,
    erase_person,
    erase_without_membership,
    find_person,
    find_person_called,
    forget_invited,
    forget_links,
    forget_people,
)
from .own import change_myself, change_password, change_phone, myself, present_myself
from .own_email import confirm_email, issue_email_code, request_email

__all__ = [
    "change_myself",
    "change_password",
    "change_phone",
    "confirm_email",
    "erase_oneself",
    "erase_person",
    "erase_without_membership",
    "find_person",
    "find_person_called",
    "forget_invited",
    "forget_links",
    "forget_people",
    "issue_email_code",
    "myself",
    "present_myself",
    "request_email",
]
