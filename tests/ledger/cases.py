"""Cases of the routes of the ledger."""

from datetime import date, timedelta

from sqlalchemy import func, select

from marketplace.database import db
from marketplace.events.work import unit_of_work
from marketplace.ledger.models import LedgerAnchor
from tests.cases import Cases, Samples


class LedgerSamples(Samples):
    """Anchors name nobody and are made for nobody: the people are enough."""


def anchor_again(samples):
    """A further anchor, whatever the day."""
    with samples.marketplace.app.app_context(), unit_of_work() as work:
        no = (db.session.scalar(select(func.max(LedgerAnchor.no))) or 0) + 1
        work.add(
            LedgerAnchor(
                no=no,
                day=date(2020, 1, 1) + timedelta(days=no),
                rows=1,
                enterprises=1,
                previous=None,
                statement="{}",
                digest="0" * 64,
                algorithm="Ed25519",
                key="0" * 64,
                signature="0" * 128,
            )
        )


CASES = Cases(
    samples=LedgerSamples,
    grow=anchor_again,
    statements={"/credit/ledger/verify": 12, "/credit/anchors": 2},
)
