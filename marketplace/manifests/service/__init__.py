"""Manifests: drafted, signed, carried, received, closed; corrected, followed, judged, listed and shown."""

from .carrying import deliver, hand_over, pick_up
from .changing import change, copy
from .clean_years import judge_clean_years
from .corrections import approve, ask_correction, reject
from .deal_ends import void_unissued
from .documents import manifest_pdf, verification_address
from .drafting import draft, draft_for_deal
from .excess import explain
from .exporting import MEDIA_TYPES, export
from .files import add_file, find_file
from .finding import find, find_correction, find_shown, not_your_turn, open_moves, visible
from .following import follow
from .labels import labels_svg
from .lateness import chase, deadlines
from .planning import cancel, decline, issue, request, schedule, set_plan_check
from .presentation import present, shown_correction
from .receiving import close, outcome, receive, refuse
from .sealing import side_by_side, versions
from .searching import carried_between, carried_in_all, closing_rate, expected, find_of_today, search
from .weights import tolerances

__all__ = [
    "MEDIA_TYPES", "add_file", "approve", "ask_correction", "cancel", "carried_between", "carried_in_all",
    "change", "chase", "close", "closing_rate", "copy", "deadlines", "decline", "deliver", "draft",
    "draft_for_deal", "expected", "explain", "export", "find", "find_correction", "find_file",
    "find_of_today", "find_shown", "follow", "hand_over", "issue", "judge_clean_years",
    "labels_svg",
    "manifest_pdf", "not_your_turn", "open_moves", "outcome", "pick_up", "present", "receive", "refuse",
    "reject", "request", "schedule", "search", "set_plan_check", "shown_correction", "side_by_side",
    "tolerances", "verification_address", "versions", "visible", "void_unissued",
]  # fmt: skip
