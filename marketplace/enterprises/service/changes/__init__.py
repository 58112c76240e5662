"""Changes of what an approval vouches for: an enterprise proposes them, an admin confirms or refuses them."""

from .changing import ADMIN_ONLY, change, check_change
from .deciding import confirm_change, refuse_change, withdraw_change
from .lookup import find_change, list_changes
from .presentation import present_change, present_changes

__all__ = [
    "ADMIN_ONLY",
    "change",
    "check_change",
    "confirm_change",
    "find_change",
    "list_changes",
    "present_change",
    "present_changes",
    "refuse_change",
    "withdraw_change",
]
