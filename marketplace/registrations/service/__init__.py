"""Registrations of receivers of general waste: handed in, confirmed, read, and looked up for a waste."""

from .covering import registered, registrations_of
from .deciding import confirm, refuse, revoke
from .handing_in import add, check_holder
from .lookup import find, held_by, search
from .presentation import present

__all__ = [
    "add", "check_holder", "confirm", "find", "held_by", "present", "refuse", "registered",
    "registrations_of", "revoke", "search",
]  # fmt: skip
