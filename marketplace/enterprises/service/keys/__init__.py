"""API keys: their check, their administration, and the reminders before they expire."""

from .api_keys import (
    add_first_key,
    check_key_change,
    check_key_request,
    create_key,
    enterprise_keys,
    find_key,
    key_names,
    list_keys,
    replace_lost_key,
    require_listable,
    revoke_key,
    revoke_keys_of_person,
    set_person_check,
    staff_keys,
)
from .expiry_reminders import remind_of_expiry
from .key_check import actor_of_key

__all__ = [
    "actor_of_key",
    "add_first_key",
    "check_key_change",
    "check_key_request",
    "create_key",
    "enterprise_keys",
    "find_key",
    "key_names",
    "list_keys",
    "remind_of_expiry",
    "replace_lost_key",
    "require_listable",
    "revoke_key",
    "revoke_keys_of_person",
    "set_person_check",
    "staff_keys",
]
