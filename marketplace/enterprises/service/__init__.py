"""Enterprises and platform staff: registration, approval, profile, API keys; who sees what of whom."""

from .approval import approve, lapse, reject, suspend
from .changes import (
    ADMIN_ONLY,
    change,
    check_change,
    confirm_change,
    find_change,
    list_changes,
    present_change,
    present_changes,
    refuse_change,
    withdraw_change,
)
from .contacts import contact_for, erase_contact
from .credit_standing import set_standing, with_standing_before
from .email_refusal import record_email_refusal
from .keys import (
    actor_of_key,
    check_key_change,
    check_key_request,
    create_key,
    enterprise_keys,
    find_key,
    list_keys,
    remind_of_expiry,
    replace_lost_key,
    require_listable,
    revoke_key,
    staff_keys,
)
from .lookup import (
    by_id,
    find,
    find_changeable,
    find_governed,
    ids_within,
    lock,
    lock_additions,
    lock_shared,
    own,
    search,
    search_position,
    sees_all_of,
    sees_scores,
    with_collectors,
)
from .mail_tokens import issue_mail_token, prove_address, recover, request_proof, request_recovery
from .presentation import present, reference, reference_to, whole_points
from .privacy_notice import notice_reference, present_notice
from .profile import require_version, set_move_notices
from .registration import is_registered, locate_enterprises, register
from .review import (
    awaits_approval,
    dismiss_claim,
    find_claim,
    lapse_claim,
    list_claims,
    review_notices,
    uphold_claim,
)
from .staff import create_staff
from .standing import may_trade, may_trade_condition, require_approved, require_unfrozen
from .supervision import as_sql, may_supply

__all__ = [
    "ADMIN_ONLY", "actor_of_key", "approve", "as_sql", "awaits_approval", "by_id", "change", "check_change",
    "check_key_change", "check_key_request", "confirm_change", "contact_for", "create_key", "create_staff",
    "dismiss_claim", "enterprise_keys", "erase_contact", "find", "find_change", "find_changeable",
    "find_claim", "find_governed", "find_key", "ids_within", "is_registered", "issue_mail_token", "lapse",
    "lapse_claim", "list_changes", "list_claims", "list_keys", "locate_enterprises", "lock",
    "lock_additions", "lock_shared", "may_supply", "may_trade", "may_trade_condition", "notice_reference",
    "own", "present", "present_change", "present_changes", "present_notice", "prove_address",
    "record_email_refusal", "recover", "reference", "reference_to", "refuse_change", "register", "reject",
    "remind_of_expiry", "replace_lost_key", "request_proof", "request_recovery", "require_approved",
    "require_listable", "require_unfrozen", "require_version", "review_notices", "revoke_key", "search",
    "search_position", "sees_all_of", "sees_scores", "set_move_notices", "set_standing", "staff_keys",
    "suspend", "uphold_claim", "whole_points", "with_collectors", "with_standing_before", "withdraw_change",
]  # fmt: skip
