"""Cases of the routes of documents."""

from functools import cached_property
from uuid import uuid4

from sqlalchemy import select

from marketplace.database import db
from marketplace.documents import service
from marketplace.documents.models import Document, DocumentKind
from marketplace.events.actor import PLATFORM
from marketplace.manifests.models import ManifestStatus
from tests.cases import Cases, Samples
from tests.documents.facts import SETTLEMENT

VERIFY = "/verify/<token>"


class DocumentSamples(Samples):
    @cached_property
    def token(self):
        """The token of a settlement of no deal."""
        kind, subject_id = DocumentKind.SETTLEMENT, uuid4()
        service.STATES[kind] = lambda deal_id: ManifestStatus.ISSUED
        with self.marketplace.app.app_context():
            service.issue_document(PLATFORM, kind, SETTLEMENT["number"], subject_id, SETTLEMENT)
            return db.session.scalars(select(Document.token).where(Document.subject_id == subject_id)).one()


CASES = Cases(
    samples=DocumentSamples,
    paths=lambda samples: {VERIFY: f"/verify/{samples.token}"},
    statements={VERIFY: 1},
)
