"""Cases of the routes of documents."""

from functools import cached_property

from sqlalchemy import select

from marketplace.database import db
from marketplace.documents.models import Document
from tests.cases import Cases
from tests.deals.cases import DealSamples

VERIFY = "/verify/<token>"


class DocumentSamples(DealSamples):
    @cached_property
    def document_token(self):
        """The token of the contract of a deal."""
        assert self.owner.get(f"/deals/{self.deal['id']}/contract.pdf").status_code == 200
        with self.marketplace.app.app_context():
            return db.session.scalars(select(Document.token)).first()


CASES = Cases(
    samples=DocumentSamples,
    paths=lambda samples: {VERIFY: f"/verify/{samples.document_token}"},
    statements={VERIFY: 2},
)
