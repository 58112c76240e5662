"""Registrations of receivers of general waste: those on file, handing one in with its sites, ending one."""

import re
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import clock
from ...catalogue.models import Mode
from ...enterprises import service as enterprises
from ...errors import DomainError
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.fields import CRS, Adcode, Identifier, Lines, OneOf, QueryNumber, Range, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import LoggedIn
from ...registrations import service as registrations
from ...registrations.models import RegistrationStatus, SiteKind
from ..form_fields import TypedTonnes
from ..forms import Errors, once, read_fields, read_form, typed, wrong
from ..page import pages, read_query
from ..visitor import members_only, private
from ..warnings import warn
from .papers import CODE_BETWEEN, Period

PATH = "/receivers/registrations"
MOST_SITES = 12
"""On the page; a registration with more is handed in through the API."""
MODES_OF_SITES = (Mode.USE, Mode.DISPOSE)
"""What a plant may do; a store stores."""
MORE = "more"
SITE = re.compile(r"sites\.(\d+)\.(\w+)")
PLACE_FIELDS = ("lon", "lat", "crs")


class RegistrationsQuery(PageQuery):
    enterprise_id = fields.UUID(load_default=None)
    status = fields.String(load_default=None, validate=OneOf(RegistrationStatus))


class RegistrationForm(Period):
    enterprise_id = fields.UUID(load_default=None)
    number = Identifier(60, required=True)
    authority = Text(80, load_default=None)


class SiteForm(Schema):
    """A plant or store, by the names of the API; without a place it lies where its holder does."""

    kind = fields.String(required=True, validate=OneOf(SiteKind))
    name = Text(80, required=True)
    capacity_t = TypedTonnes(required=True)
    codes = Lines(4000, required=True)
    region = Adcode(load_default=None)
    lon = QueryNumber(load_default=None, validate=Range(min=-180, max=180))
    lat = QueryNumber(load_default=None, validate=Range(min=-90, max=90))
    crs = fields.String(load_default="wgs84", validate=OneOf(CRS, "crs"))


QUERY, REGISTRATION, SITE_FORM = RegistrationsQuery(), RegistrationForm(), SiteForm()


@pages.get(PATH)
@members_only()
def show_registrations(who: LoggedIn) -> Response:
    """The registrations that the reader may see, newest first, and the form of another."""
    assert who.actor is not None
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
    is_admin = actor.is_admin and "admin" in actor.scopes
    holder_id = actor.enterprise_id or _holder_typed() or query["enterprise_id"]
    may_write = (is_admin or actor.enterprise_id is not None) and "admin" in actor.scopes
    return private(
        "registrations.html",
        http_status,
        registrations=found["items"],
        next=found["next"],
        query=query,
        statuses_known=list(RegistrationStatus),
        may_end=is_admin,
        holder=enterprises.find(actor, holder_id) if may_write and holder_id else None,
        is_officer=actor.enterprise_id is None,
        sites=range(_sites_sent()),
        most_sites=MOST_SITES,
        site_kinds=list(SiteKind),
        modes=MODES_OF_SITES,
        systems=list(CRS),
        chosen=request.form.getlist,
        values=typed(),
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


def _sites_sent() -> int:
    """How many sites the form has: those that were sent, at least one, and one more where that was asked."""
    numbers = [int(found[1]) for name in request.form if (found := SITE.match(name))]
    count = max([0, *(number for number in numbers if number < MOST_SITES)]) + 1
    return min(MOST_SITES, count + (MORE in request.form))


@pages.post(PATH)
@members_only("admin", kinds=(ENTERPRISE, ADMIN))
def hand_in_registration(who: LoggedIn) -> Any:
    """Hand in a registration of one's own, or enter one as an admin; or show the form with one more site."""
    actor = who.actor
    assert actor is not None
    registrations.check_holder(actor, typed())
    if MORE in request.form:
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
    """The sites of the form as the service takes them, and what is wrong by the names of their fields."""
    sites: list[dict[str, Any]] = []
    errors: Errors = {}
    for number in range(_sites_sent()):
        data, wrong_fields = read_fields(SITE_FORM, f"sites.{number}.")
        errors |= {f"sites.{number}.{name}": words for name, words in wrong_fields.items()}
        if data is not None:
            sites.append(_site(data, request.form.getlist(f"sites.{number}.modes")))
    return sites, errors


def _site(data: dict[str, Any], modes: list[str]) -> dict[str, Any]:
    codes = dict.fromkeys(code.strip() for code in CODE_BETWEEN.split(data["codes"]) if code.strip())
    place = {name: data.pop(name) for name in PLACE_FIELDS}
    has_place = place["lon"] is not None and place["lat"] is not None
    return {
        **data,
        "codes": [{"scheme": None, "code": code} for code in codes],
        "modes": [mode for mode in MODES_OF_SITES if mode in modes] or None,
        "location": place if has_place else None,
    }


def _beside_fields(errors: Errors) -> Errors:
    """What is said of one of several codes, or of a place, stands beside the field of all."""
    found: Errors = {}
    for at, words in errors.items():
        site = SITE.match(at)
        name = at if site is None else f"sites.{site[1]}.{'lon' if site[2] == 'location' else site[2]}"
        found.setdefault(name, []).extend(words)
    return found


@pages.post(f"{PATH}/<uuid:registration_id>/end")
@members_only("admin", kinds=(ADMIN,))
def end_registration(who: LoggedIn, registration_id: UUID) -> Any:
    """End a registration now; it stays on record, and a second press changes nothing."""
    assert who.actor is not None
    registration = registrations.find(who.actor, registration_id)
    registrations.revoke(who.actor, registration.id)
    return redirect(url_for("console.show_registrations"), 303)
