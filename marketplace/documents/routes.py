"""Documents over HTTP: whoever holds one may ask whether it is ours."""

from flask import Response

from ..errors import NotFound
from ..http.authentication import ANYONE, allow
from ..http.blueprint import Blueprint
from ..http.link_pages import page_of_sentences, wants_page
from . import service
from .models import DocumentKind
from .schemas import VerifiedSchema

blueprint = Blueprint("documents", __name__, description="Issued documents, verified by their QR codes.")


@blueprint.get("/verify/<token>")
@allow(*ANYONE)
@blueprint.response(200, VerifiedSchema)
def verify(token: str) -> service.Verified | Response:
    """Whether a document is ours: its kind, number, state and checksum, and nothing else.

    The QR code of a document leads to the same answer at the root, which a browser gets as a page.
    """
    try:
        found = service.verify(token)
    except NotFound:
        if not wants_page():
            raise
        return page_of_sentences("document_unknown", http_status=404)
    if not wants_page():
        return found
    is_load = found.kind == DocumentKind.MANIFEST
    further = ("page_document_load", f"/loads/find?number={token}") if is_load else None
    return page_of_sentences(
        "document",
        further=further,
        kind=found.kind,
        number=found.number,
        status=found.status,
        checksum=found.checksum,
    )
