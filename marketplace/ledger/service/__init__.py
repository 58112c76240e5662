"""The ledger: entries in the transaction of each change, a daily anchor, and verification of everything."""

from flask import current_app

from .anchors import anchor_today, list_anchors
from .beginning import begin
from .export import chain_lines
from .faults import BadRow, LedgerFault
from .keys import check_settings, public_keys, sign_file
from .recording import listen
from .verification import Outcome, check, verify

__all__ = [
    "BadRow",
    "LedgerFault",
    "Outcome",
    "anchor_today",
    "begin",
    "chain_lines",
    "check",
    "install",
    "list_anchors",
    "public_keys",
    "sign_file",
    "verify",
]


def install() -> None:
    """Read the keys once, and enter what is changed from here on. Raises: ValueError: a key is no key."""
    check_settings(current_app.config["SETTINGS"])
    listen()
