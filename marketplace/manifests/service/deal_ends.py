"""What the end of a deal does to its manifests: those that are not issued are cancelled."""

from uuid import UUID

from sqlalchemy import select

from ...database import db
from ...events.work import unit_of_work
from ..models import NOT_ISSUED, Manifest, ManifestKind, ManifestLine
from .finding import lock
from .planning import void


def void_unissued(deal_id: UUID) -> None:
    """Cancel what is planned and not issued of a deal that has ended; a return still goes its way."""
    of_deal = select(ManifestLine.manifest_id).where(ManifestLine.deal_id == deal_id)
    unissued = select(Manifest.id).where(
        Manifest.id.in_(of_deal), Manifest.status.in_(NOT_ISSUED), Manifest.kind != ManifestKind.RETURN
    )
    for manifest_id in db.session.scalars(unissued.order_by(Manifest.id)).all():
        with unit_of_work() as work:
            row = lock(work, manifest_id)
            if row.status in NOT_ISSUED:
                void(work, row)
