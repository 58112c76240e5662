"""Permits: written by admins, read by their holder, and given to the gates of matching as columns."""

from .lookup import covers_any, find, references, search
from .permit_tables import PermitTables, all_permit_tables, permit_tables, permit_tables_of
from .permits import add_channel, add_exemption, add_licence, add_white_list, revoke
from .presentation import present
from .usage import count_usage

__all__ = [
    "PermitTables", "add_channel", "add_exemption", "add_licence", "add_white_list", "all_permit_tables",
    "count_usage", "covers_any", "find", "permit_tables", "permit_tables_of", "present", "references",
    "revoke", "search",
]  # fmt: skip
