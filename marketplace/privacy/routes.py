"""Personal data over HTTP."""

from flask import Response

from .. import clock
from ..enterprises import service as enterprises
from ..enterprises.models import Enterprise
from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, attachment, subject
from ..http.openapi.declarations import may_conflict
from ..http.rate_limits import EXPORT, count_for
from . import service
from .schemas import ErasedSchema, ErasureSchema, ExportSchema, PersonExportSchema

blueprint = Blueprint("privacy", __name__, description="Copies of one's own data, and erasure.")
JSON = "application/json"


@blueprint.get("/enterprises/me/export")
@allow(ENTERPRISE, scope="admin")
@blueprint.response(200, ExportSchema)
def export() -> Response:
    """A copy of everything that is kept of your enterprise and its people, as one JSON file."""
    count_for(actor(), EXPORT)
    name = f"huanliu-{clock.today().isoformat()}.json"
    return attachment(service.export(actor()), JSON, name)


@blueprint.get("/me/person/export")
@allow(*EVERY_KEY)
@blueprint.response(200, PersonExportSchema)
def export_person() -> Response:
    """A copy of everything that is kept of you as a person, as one JSON file."""
    count_for(actor(), EXPORT)
    name = f"huanliu-{clock.today().isoformat()}-person.json"
    return attachment(service.export_person(actor()), JSON, name)


@blueprint.post("/enterprises/<uuid:enterprise_id>/erase-contact")
@allow(ADMIN, scope="admin")
@subject(enterprises.find)
@may_conflict
@blueprint.body(ErasureSchema)
@blueprint.response(200, ErasedSchema)
def erase_contact(enterprise: Enterprise, body: Body) -> Json:
    """Erase the contact of an enterprise that does not trade, for good, with a reason.

    Name, e-mail address and phone number go, with links mailed to the address, the names of keys, and answers
    kept for replays. What the enterprise did stays on record. A suspended enterprise needs a new contact
    before it can be approved again.
    """
    erased = service.erase_contact(actor(), enterprise.id, body["reason"])
    return {"enterprise_id": erased.id, "contact_erased_at": erased.contact_erased_at}
