"""Registrations of receivers of general waste: an admin enters, a holder hands in, both read."""

from functools import partial

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, no_body, require, subject
from ..http.languages import render_warnings
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, page
from . import service
from .models import Registration
from .schemas import (
    ReceiverRegistrationRefusalSchema,
    ReceiverRegistrationSchema,
    RegistrationPage,
    RegistrationQuery,
)

blueprint = Blueprint("registrations", __name__, description="Registrations of receivers of general waste.")


@blueprint.post("/receiver-registrations")
@allow(ENTERPRISE, ADMIN, scope="admin")
@require(service.check_holder)
@may_conflict
@blueprint.body(ReceiverRegistrationSchema)
@blueprint.response(201, ReceiverRegistrationSchema)
def add_registration(body: Body) -> Json:
    """Enter a registration with its plants and stores, or hand in your own: then an admin confirms it."""
    registration, notices = service.add(actor(), body)
    return {**_shown(registration), "warnings": render_warnings(notices)}


@blueprint.get("/receiver-registrations")
@allow(*EVERY_KEY)
@blueprint.query(RegistrationQuery)
@blueprint.response(200, RegistrationPage)
def list_registrations(query: Query) -> Page:
    """Every registration that you may see, newest first."""
    rows = partial(service.search, actor(), query["enterprise_id"], query["status"])
    return page(query, rows, present=service.present)


@blueprint.get("/receiver-registrations/<uuid:registration_id>")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, ReceiverRegistrationSchema)
def show_registration(registration: Registration) -> Json:
    """Show a registration with its plants and stores."""
    return _shown(registration)


@blueprint.delete("/receiver-registrations/<uuid:registration_id>")
@allow(ADMIN, scope="admin")
@subject(service.find)
@blueprint.response(204)
def revoke_registration(registration: Registration) -> None:
    """End a registration now; it stays on record."""
    service.revoke(actor(), registration.id)


@blueprint.post("/receiver-registrations/<uuid:registration_id>/confirm")
@allow(ADMIN, scope="admin")
@subject(service.find)
@may_conflict
@no_body
@blueprint.response(200, ReceiverRegistrationSchema)
def confirm_registration(registration: Registration) -> Json:
    """Confirm a registration that its holder handed in; it counts from now on."""
    return _shown(service.confirm(actor(), registration.id))


@blueprint.post("/receiver-registrations/<uuid:registration_id>/refuse")
@allow(ADMIN, scope="admin")
@subject(service.find)
@may_conflict
@blueprint.body(ReceiverRegistrationRefusalSchema)
@blueprint.response(200, ReceiverRegistrationSchema)
def refuse_registration(registration: Registration, body: Body) -> Json:
    """Refuse a registration that its holder handed in; the holder reads the reason."""
    return _shown(service.refuse(actor(), registration.id, body["reason"]))


def _shown(registration: Registration) -> Json:
    return service.present([registration])[0]
