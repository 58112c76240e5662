"""An enterprise registers itself, with the person who will be its first owner."""

from typing import Any

from flask import Response, request, url_for
from marshmallow import fields

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...enterprises.models import Role
from ...errors import DomainError
from ...events.actor import ENTERPRISE
from ...http.authentication import ANYONE, allow
from ...http.fields import Text
from ...http.languages import language
from ...http.rate_limits import REGISTRATION, address
from ...http.schemas import Email, EnterpriseName, Password, Phone, Schema, Uscc
from ...messages import say
from ...persons import service as persons
from ...persons.service import Acting
from ..forms import Errors, once, read_form, typed, wrong
from ..page import pages, text
from ..visitor import begin_session, members_only, private

MOST_REGIONS = 30
ADCODE_DIGITS, LONGEST_REGION = 6, 30


class RegistrationForm(Schema):
    """The fields of the API's registration, flat; the contact is the person, who chooses a password."""

    uscc = Uscc(required=True)
    name = EnterpriseName(100, required=True)
    region = Text(LONGEST_REGION, required=True)
    contact_name = Text(50, required=True, data_key="contact.name")
    contact_email = Email(required=True, data_key="contact.email")
    contact_phone = Phone(required=True, data_key="contact.phone")
    password = Password()
    roles = fields.String(load_default=None)


FORM = RegistrationForm()


@pages.get("/register")
@allow(*ANYONE)
def show_register() -> Response:
    """The form."""
    return _form()


def _form(http_status: int = 200, errors: Errors | None = None, regions: Any = None) -> Response:
    return private(
        "register.html",
        http_status,
        values=typed(),
        chosen=request.form.getlist("roles"),
        errors=errors or {},
        roles=list(Role),
        regions=regions or {},
        notice=enterprises.present_notice(language()),
        api="/api/v1/privacy-notice",
    )


@pages.post("/register")
@allow(*ANYONE, limit=REGISTRATION)
def register() -> Any:
    """Register the enterprise, pending, and log its first owner in."""
    data, errors = read_form(FORM)
    roles = [role for role in Role if role in request.form.getlist("roles")]
    if not roles:
        errors = {**errors, "roles": [say("field_required", language())]}
    found = _regions_called(request.form.get("region", ""))
    if "region" not in errors and len(found) != 1:
        told = text("register_region_which") if found else text("register_region_none")
        errors = {**errors, "region": [told]}
    if data is None or errors:
        return _form(422, errors, found if len(found) > 1 else None)
    about = _registration(data, roles, next(iter(found)))
    person = {"name": data["contact_name"], "phone": data["contact_phone"], "language": language()}
    try:
        founder = persons.founder_of({**person, "password": data["password"]}, about, address())
        response = once(None, lambda: _next_page(founder, about))
        token = persons.log_in(
            data["contact_phone"], data["password"], address(), request.headers.get("User-Agent", "")
        )
    except DomainError as error:
        return _form(error.status, _beside_field(error))
    return begin_session(response, token)


def _next_page(founder: persons.Founder, data: dict[str, Any]) -> str:
    persons.register_enterprise(founder, data)
    return url_for("console.show_registered")


def _registration(data: dict[str, Any], roles: list[Role], region: int) -> dict[str, Any]:
    """What the API's registration loads."""
    contact = {part: data[f"contact_{part}"] for part in ("name", "email", "phone")}
    named = {"uscc": data["uscc"], "name": data["name"], "roles": [role.value for role in roles]}
    return {**named, "region": region, "location": None, "contact": contact}


def _regions_called(typed_name: str) -> dict[int, str]:
    """The regions with this code or with this in their name, by code with their full names."""
    name = typed_name.strip()[:LONGEST_REGION]
    if len(name) == ADCODE_DIGITS and name.isascii() and name.isdigit():
        return catalogue.region_names(catalogue.regions_by_code([int(name)]))
    if not name or not name.isprintable():
        return {}
    found = [row.adcode for row in catalogue.search_regions(None, name, 0, MOST_REGIONS)]
    return dict(sorted(catalogue.region_names(found).items()))


def _beside_field(error: DomainError) -> Errors:
    """A phone number or password that the person is known by stands beside its own field."""
    fields_of = {"phone": "contact.phone", "email": "contact.email"}
    return {fields_of.get(at, at): words for at, words in wrong(error).items()}


@pages.get("/register/next")
@members_only(kinds=(ENTERPRISE,))
def show_registered(who: Acting) -> Response:
    """What happens after the registration, and what can be done meanwhile."""
    return private("registered.html", who=who, firm=enterprises.own(who.actor), api="/api/v1/enterprises/me")
