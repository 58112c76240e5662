"""Permits: entered or handed in, read by their holder, and given to the gates of matching as columns."""

from .approvals.entering import add_approval, add_transfer_approval, check_parties, require_single_code
from .balances import HeldPermit, PermitRef
from .channels.files import add_channel_file, find_channel_file
from .channels.monthly_tests import check_generator, check_receiver, file_test, find_test, tests_of
from .channels.pausing import pause as pause_channel
from .channels.pausing import pause_untested
from .channels.pausing import resume as resume_channel
from .channels.presentation import present_tests
from .channels.secondary_waste import (
    present_secondary_waste,
    record_secondary_waste,
    secondary_waste_of,
    take_back,
)
from .expiry import counts_on, holders_of, note_expired, permits_beside
from .files import add_file, find_file
from .ledger import left_kg, move_reservation, release, release_all, reserve, reserved_kg, use_reserved
from .legal_documents import LegalDocument, LegalDocuments, paper_of
from .lookup import PERMIT_TABLES, ending, find, licensed_codes, search, tests_due
from .permit_tables import (
    HOLDER_TYPES,
    PermitTables,
    all_permit_tables,
    approvals_only,
    permit_tables,
    permit_tables_of,
    permit_tables_on,
)
from .permits import add_channel, add_exemption, add_licence, add_white_list, check_holder, revoke
from .presentation import present
from .standing import require_permit_on
from .submissions import confirm, refuse
from .suspension import resume, suspend
from .usage import count_usage

__all__ = [
    "HOLDER_TYPES",
    "PERMIT_TABLES",
    "HeldPermit",
    "LegalDocument",
    "LegalDocuments",
    "PermitRef",
    "PermitTables",
    "add_approval",
    "add_channel",
    "add_channel_file",
    "add_exemption",
    "add_file",
    "add_licence",
    "add_transfer_approval",
    "add_white_list",
    "all_permit_tables",
    "approvals_only",
    "check_generator",
    "check_holder",
    "check_parties",
    "check_receiver",
    "confirm",
    "count_usage",
    "counts_on",
    "ending",
    "file_test",
    "find",
    "find_channel_file",
    "find_file",
    "find_test",
    "holders_of",
    "left_kg",
    "licensed_codes",
    "move_reservation",
    "note_expired",
    "paper_of",
    "pause_channel",
    "pause_untested",
    "permit_tables",
    "permit_tables_of",
    "permit_tables_on",
    "permits_beside",
    "present",
    "present_secondary_waste",
    "present_tests",
    "record_secondary_waste",
    "refuse",
    "release",
    "release_all",
    "require_permit_on",
    "require_single_code",
    "reserve",
    "reserved_kg",
    "resume",
    "resume_channel",
    "revoke",
    "search",
    "secondary_waste_of",
    "suspend",
    "take_back",
    "tests_due",
    "tests_of",
    "use_reserved",
]
