"""Who is staff, for admins: a regulator created with its first key; a person erased on request."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for

from ...enterprises import service as enterprises
from ...events.actor import ADMIN, REGULATOR
from ...http.fields import Adcode, Identifier, Lines, Text
from ...http.schemas import Schema
from ...persons import service as persons
from ...persons.service import Acting
from ..forms import Errors, change_or_show, once, typed
from ..page import pages
from ..visitor import ASK_AGAIN, members_only, private


class RegulatorForm(Schema):
    """By the names of the API."""

    name = Text(100, required=True)
    region = Adcode(required=True)


class LoginForm(Schema):
    login = Identifier(254, required=True)


class GivenReasonForm(Schema):
    reason = Lines(500, required=True)


NEW_REGULATOR, LOGIN, GIVEN_REASON = RegulatorForm(), LoginForm(), GivenReasonForm()


@pages.get("/settings/staff")
@members_only("admin", kinds=(ADMIN,))
def show_staff(who: Acting) -> Response:
    """Forms for a new regulator, and for whoever asks to be erased."""
    return _staff(who)


def _staff(
    who: Acting, http_status: int = 200, errors: Errors | None = None, key: str | None = None
) -> Response:
    return private(
        "staff.html",
        http_status,
        unjoined=persons.staff_without_person(),
        key=key,
        values=typed() if errors else {},
        errors=errors or {},
        api="/api/v1/api-keys?holder=staff",
    )


@pages.post("/settings/staff")
@members_only("admin", kinds=(ADMIN,), sensitive=ASK_AGAIN)
def create_regulator(who: Acting) -> Any:
    """Create a regulator; its key is shown this once. Sent again it leads to the page without one."""
    actor = who.actor

    def create(data: dict[str, Any]) -> Any:
        made: list[str] = []

        def create_staff() -> str:
            made.append(enterprises.create_staff(actor, REGULATOR, data["name"], data["region"])[1])
            return url_for("console.show_staff")

        done = once(actor, create_staff)
        return _staff(who, 201, key=made[0]) if made else done

    return change_or_show(NEW_REGULATOR, partial(_staff, who), create)


@pages.post("/settings/staff/find")
@members_only("admin", kinds=(ADMIN,))
def find_person(who: Acting) -> Any:
    """Find the person who asks to be erased, by what it logs in with, which no address may hold."""
    actor = who.actor

    def find(data: dict[str, Any]) -> str:
        person = persons.find_person_called(actor, data["login"])
        return url_for("console.show_person_erasure", person_id=person.id)

    return change_or_show(LOGIN, partial(_staff, who), find)


@pages.get("/settings/staff/<uuid:person_id>/erase")
@members_only("admin", kinds=(ADMIN,))
def show_person_erasure(who: Acting, person_id: UUID) -> Response:
    """Who it is, and what goes and what stays, before the person is erased."""
    return _person_erasure(who, person_id)


def _person_erasure(
    who: Acting, person_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    person = persons.find_person(who.actor, person_id)
    return private(
        "erase_person.html",
        http_status,
        person=person,
        login=persons.login_of(person),
        is_oneself=person_id == who.person_id,
        memberships=persons.memberships_of(person_id),
        values=typed() if errors else {},
        errors=errors or {},
        api="/api/v1/members",
    )


@pages.post("/settings/staff/<uuid:person_id>/erase")
@members_only("admin", kinds=(ADMIN,), sensitive=ASK_AGAIN)
def erase_person(who: Acting, person_id: UUID) -> Any:
    """Erase the person for good."""
    actor = who.actor
    persons.find_person(actor, person_id)
    return change_or_show(
        GIVEN_REASON,
        partial(_person_erasure, who, person_id),
        lambda data: persons.erase_person(actor, person_id, data["reason"]),
        url_for("console.show_staff"),
    )
