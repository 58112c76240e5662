"""How long the rows of feeds are kept: what was recorded of them stays, and so does each reference."""

from datetime import timedelta

from sqlalchemy import delete, select

from .... import clock
from ....events.work import unit_of_work
from ...models import CreditImport, CreditImportRow

ROWS_KEPT_FOR = timedelta(days=180)
"""Long enough to settle a report with whoever sent the feed. Our own choice."""


def forget_old_rows() -> None:
    """Delete the rows of imports that ended long ago; their counts stay."""
    with unit_of_work() as work:
        old = select(CreditImport.id).where(CreditImport.ended_at < clock.now() - ROWS_KEPT_FOR)
        work.session.execute(delete(CreditImportRow).where(CreditImportRow.import_id.in_(old)))
