"""Registrations of receivers of general waste: those on file, handing one in with its sites, ending one."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError, fields, validates_schema

from ... import clock
from ...catalogue.models import Mode
from ...enterprises import service as enterprises
from ...errors import DomainError
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.fields import CRS, Adcode, Identifier, List, OneOf, QueryNumber, Range, Text
from ...http.languages import Message
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import PeriodSchema, Schema
from ...persons.service import Acting
from ...registrations import service as registrations
from ...registrations.models import RegistrationStatus, SiteKind
from ..form_fields import TypedTonnes, WrittenCodes
from ..form_rows import Rows
from ..forms import Errors, once, read_form, typed, wrong
from ..page import pages, read_query, text
from ..visitor import members_only, private
from ..warnings import warn
from .licences import may_decide

PATH = "/receivers/registrations"
MODES_OF_PLANTS = (Mode.USE, Mode.DISPOSE)
"""What a plant may do; a store stores."""
PLACE = ("lon", "lat", "crs")


class RegistrationsQuery(PageQuery):
    enterprise_id = fields.UUID(load_default=None)
    status = fields.String(load_default=None, validate=OneOf(RegistrationStatus))


class RegistrationForm(PeriodSchema):
    enterprise_id = fields.UUID(load_default=None)
    number = Identifier(60, required=True)
    authority = Text(80, load_default=None)


class SiteForm(Schema):
    """A plant or store, by the names of the API; without a place it lies where its holder does."""

    kind = fields.String(required=True, validate=OneOf(SiteKind))
    name = Text(80, required=True)
    capacity_t = TypedTonnes(required=True)
    codes = WrittenCodes(4000, required=True)
    modes = List(fields.String(validate=OneOf(MODES_OF_PLANTS)), len(MODES_OF_PLANTS), 1, load_default=None)
    region = Adcode(load_default=None)
    lon = QueryNumber(load_default=None, validate=Range(min=-180, max=180))
    lat = QueryNumber(load_default=None, validate=Range(min=-90, max=90))
    crs = fields.String(load_default="wgs84", validate=OneOf(CRS, "crs"))

    @validates_schema
    def _has_whole_point(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in ("lon", "lat") if data.get(name) is None]
        if len(missing) == 1:
            raise ValidationError({missing[0]: [Message("field_required")]})


QUERY, REGISTRATION = RegistrationsQuery(), RegistrationForm()
SITES = Rows("sites", SiteForm(), by=("name", "codes", "capacity_t"), least=1, most=12)
"""A registration with more is handed in through the API."""


@pages.get(PATH)
@members_only()
def show_registrations(who: Acting) -> Response:
    """The registrations that the reader may see, newest first, and the form of another."""
    return _registrations(who.actor)


def _registrations(actor: Actor, http_status: int = 200, errors: Errors | None = None) -> Response:
    query, _ = read_query(QUERY)
    found = page_of_rows(
        query,
        lambda after, limit: registrations.search(
            actor, query["enterprise_id"], query["status"], after, limit
        ),
        present=_with_holders,
    )
    holder_id = actor.enterprise_id or _holder_typed() or query["enterprise_id"]
    may_write = may_decide(actor) or (actor.enterprise_id is not None and "admin" in actor.scopes)
    return private(
        "registrations.html",
        http_status,
        registrations=found["items"],
        next=found["next"],
        query=query,
        statuses_known=list(RegistrationStatus),
        may_end=may_decide(actor),
        holder=enterprises.find(actor, holder_id) if may_write and holder_id else None,
        is_officer=actor.enterprise_id is None,
        sites=SITES,
        site_kinds=list(SiteKind),
        modes=MODES_OF_PLANTS,
        systems=list(CRS),
        values={**typed(), **SITES.values()},
        errors=errors or {},
        today=clock.today(),
        api="/api/v1/receiver-registrations",
    )


def _holder_typed() -> UUID | None:
    try:
        return UUID(request.form.get("enterprise_id", ""))
    except ValueError:
        return None


def _with_holders(rows: Any) -> list[dict[str, Any]]:
    """Registrations as the API shows them, with the names of their holders."""
    names = enterprises.references({row.enterprise_id for row in rows})
    return [{**shown, "holder": names[shown["enterprise_id"]]} for shown in registrations.present(rows)]


@pages.post(PATH)
@members_only("admin", kinds=(ENTERPRISE, ADMIN))
def hand_in_registration(who: Acting) -> Any:
    """Hand in a registration of one's own, or enter one as an admin; or show the form with one more site."""
    actor = who.actor
    registrations.check_holder(actor, typed())
    if SITES.is_more_asked():
        return _registrations(actor)
    data, errors = read_form(REGISTRATION)
    sites, wrong_sites = _read_sites()
    if data is None or wrong_sites:
        return _registrations(actor, 422, errors | wrong_sites)
    whole = {**data, "sites": sites}

    def hand_in() -> str:
        _, notices = registrations.add(actor, whole)
        warn(notices)
        return url_for("console.show_registrations", enterprise_id=data["enterprise_id"])

    try:
        return once(actor, hand_in)
    except DomainError as error:
        return _registrations(actor, error.status, _beside_fields(wrong(error)))


def _read_sites() -> tuple[list[dict[str, Any]], Errors]:
    """The sites of the form as the service takes them, and what is wrong with them."""
    rows, errors = SITES.read()
    if not rows and not errors:
        return [], {"sites.0.name": [text("papers_no_line")]}
    return [_site(row) for row in rows], errors


def _site(row: dict[str, Any]) -> dict[str, Any]:
    place = {name: row.pop(name) for name in PLACE}
    codes = [{"scheme": None, "code": code} for code in row["codes"]]
    return {**row, "codes": codes, "location": None if place["lon"] is None else place}


def _beside_fields(errors: Errors) -> Errors:
    """Refusals beside the fields of the sites; what is said of a place stands beside its first field."""
    placed = {at.replace(".location", ".lon"): words for at, words in errors.items()}
    return SITES.beside(REGISTRATION, placed)


@pages.post(f"{PATH}/<uuid:registration_id>/end")
@members_only("admin", kinds=(ADMIN,))
def end_registration(who: Acting, registration_id: UUID) -> Any:
    """End a registration now; it stays on record, and a second press changes nothing."""
    registration = registrations.find(who.actor, registration_id)
    registrations.revoke(who.actor, registration.id)
    return redirect(url_for("console.show_registrations"), 303)
