"""What proves a load: its working copy, the QR code of it, its pictures."""

from typing import Any
from uuid import UUID

from flask import Response

from ... import uploaded_files
from ...documents import service as documents
from ...errors import NotFound
from ...http.blueprint import attachment
from ...http.documents import PDF
from ...manifests import service as manifests
from ...persons.models import Right
from ...persons.service import Acting
from ..page import pages
from ..visitor import members_only, private
from .loads import PATH, shown_to


@pages.get(f"{PATH}/manifest.pdf")
@members_only(drivers=True)
def show_paper(who: Acting, manifest_id: UUID) -> Response:
    """The working copy, to save."""
    row = _whole(who, manifest_id)
    return attachment(manifests.manifest_pdf(who.actor, row), PDF, f"{row.number}.pdf")


@pages.get(f"{PATH}/qr")
@members_only(drivers=True)
def show_code(who: Acting, manifest_id: UUID) -> Response:
    """The QR code of the working copy, large, to be shown at a gate."""
    row = _whole(who, manifest_id)
    address = manifests.verification_address(who.actor, row)
    return private("load_qr.html", load=row, address=address, picture=documents.qr_svg(address))


@pages.get(f"{PATH}/files/<uuid:file_id>")
@members_only(drivers=True)
def show_picture(who: Acting, manifest_id: UUID, file_id: UUID) -> Response:
    """A picture of the load, to save. Raises: NotFound."""
    row = shown_to(who, manifest_id)
    file = manifests.find_file(who.actor, file_id)
    if file.manifest_id != row.id:
        raise NotFound()
    return attachment(uploaded_files.content_of(file), file.media_type, file.name)


def _whole(who: Acting, manifest_id: UUID) -> Any:
    """The load itself, of which a document is made. Raises: NotFound."""
    if who.right == Right.DRIVER:
        manifests.find_of_today(who.actor, manifest_id)
    return manifests.find(who.actor, manifest_id)
