"""The rows of a sheet checked and, if none breaks a rule, written as listings."""

from uuid_utils.compat import uuid7

from .... import clock
from ....enterprises import service as enterprises
from ....events.actor import Actor
from ....events.work import Work
from ...models import Accept, Listing
from ..posting_rights import require_role
from ..quotas import lock_owner
from .row_checks import BATCH, Outcome, ReportProgress, check_rows, no_progress, require_room
from .sheet_rows import Row

WRITTEN_COLUMNS = [column.key for column in Listing.__table__.columns if column.key != "no"]


def import_rows(
    work: Work, actor: Actor, rows: list[Row], publish: bool, report_progress: ReportProgress = no_progress
) -> Outcome:
    """Check all rows and, if none breaks a rule, write them all. Raises: as `import_sheet`."""
    outcome = check_rows(enterprises.own(actor), rows, publish, report_progress)
    owner, quota = lock_owner(work, actor.id)
    enterprises.require_approved(owner)
    require_room(outcome, quota)
    for kind in {listing.kind for listing in outcome.listings}:
        require_role(owner.roles, kind)
    for start in range(0, len(outcome.listings), BATCH):
        _write_listings(work, actor, outcome.listings[start : start + BATCH], outcome.event)
    return outcome


def _write_listings(work: Work, actor: Actor, listings: list[Listing], event: str | None) -> None:
    now = clock.now()
    for listing in listings:
        listing.id, listing.version = uuid7(), 1
        listing.created_at = listing.updated_at = now
    work.copy_rows(
        Listing, [{name: getattr(listing, name) for name in WRITTEN_COLUMNS} for listing in listings]
    )
    work.copy_rows(
        Accept,
        [
            {
                "listing_id": listing.id,
                "code_id": accept.code_id,
                "unlisted_code": accept.unlisted_code,
                "position": accept.position,
            }
            for listing in listings
            for accept in listing.accepts
        ],
    )
    work.audit_many(actor, "create", listings)
    if event:
        work.audit_many(actor, "publish", listings)
        work.emit_many(event, [{"listing_id": str(listing.id)} for listing in listings])
