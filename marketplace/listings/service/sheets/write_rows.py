"""The rows of a sheet checked and, if none breaks a rule, written as listings."""

from ....enterprises import service as enterprises
from ....events.actor import Actor
from ....events.work import Work
from ...models import Accept, Listing
from ..new_rows import accepted_by, begin, values_of
from ..posting_rights import require_role
from ..quotas import lock_owner
from .row_checks import BATCH, Outcome, ReportProgress, check_rows, no_progress, require_room
from .sheet_rows import Row


def import_rows(
    work: Work, actor: Actor, rows: list[Row], publish: bool, report_progress: ReportProgress = no_progress
) -> Outcome:
    """Check all rows and, if none breaks a rule, write them all. Raises: as `import_sheet`."""
    outcome = check_rows(enterprises.own(actor), rows, publish, report_progress)
    owner, quota = lock_owner(actor.id)
    enterprises.require_approved(owner)
    require_room(outcome, quota)
    for kind in {listing.kind for listing in outcome.listings}:
        require_role(owner.roles, kind)
    for start in range(0, len(outcome.listings), BATCH):
        _write_listings(work, actor, outcome.listings[start : start + BATCH], outcome.event)
    return outcome


def _write_listings(work: Work, actor: Actor, listings: list[Listing], event: str | None) -> None:
    for listing in listings:
        begin(listing)
    work.copy_rows(Listing, [values_of(listing) for listing in listings])
    work.copy_rows(Accept, [accepted for listing in listings for accepted in accepted_by(listing)])
    work.audit_many(actor, "create", listings)
    if event:
        work.audit_many(actor, "publish", listings)
        work.emit_many(event, [{"listing_id": str(listing.id)} for listing in listings])
