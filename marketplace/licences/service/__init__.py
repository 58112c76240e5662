"""Permits: entered or handed in, read by their holder, and given to the gates of matching as columns."""

from .balances import HeldPermit, PermitRef
from .channels.pausing import pause as pause_channel
from .channels.pausing import pause_untested
from .channels.pausing import resume as resume_channel
from .files import add_file, find_file
from .ledger import left_kg, move_reservation, release, release_all, reserve, reserved_kg, use_reserved
from .legal_documents import LegalDocument, LegalDocuments, paper_of
from .lookup import covers_any, ending, find, search
from .permit_tables import PermitTables, all_permit_tables, permit_tables, permit_tables_of, permit_tables_on
from .permits import add_channel, add_exemption, add_licence, add_white_list, check_holder, revoke
from .presentation import present
from .standing import require_permit_on
from .submissions import confirm, refuse
from .usage import count_usage

__all__ = [
    "HeldPermit", "LegalDocument", "LegalDocuments", "PermitRef", "PermitTables", "add_channel",
    "add_exemption", "add_file", "add_licence", "add_white_list", "all_permit_tables", "check_holder",
    "confirm", "count_usage", "covers_any", "ending", "find", "find_file", "left_kg", "move_reservation",
    "paper_of", "pause_channel", "pause_untested", "permit_tables", "permit_tables_of",
    "permit_tables_on", "present", "refuse",
    "release", "release_all", "require_permit_on", "reserve", "reserved_kg", "resume_channel", "revoke",
    "search", "use_reserved",
]  # fmt: skip
