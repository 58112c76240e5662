"""Settings: who acts for the enterprise, invitations; one's own sessions, and for whom one acts."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from marshmallow import fields

from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.fields import OneOf
from ...http.languages import language
from ...http.schemas import Email, Schema
from ...persons import service as persons
from ...persons.models import Right
from ...persons.service import Acting
from ..forms import Errors, change_or_show, over_the_form, typed, version_seen
from ..page import pages, read_query
from ..visitor import ASK_AGAIN, OWN_ACCOUNT, members_only, private

MOST_SHOWN = 100


class InvitationForm(Schema):
    right = fields.String(required=True, validate=OneOf(Right))
    email = Email(load_default=None)


class RightForm(Schema):
    right = fields.String(required=True, validate=OneOf(Right))


class StaffInvitationForm(Schema):
    staff_id = fields.UUID(required=True)
    email = Email(load_default=None)


class PeopleQuery(Schema):
    after = fields.UUID(load_default=None)


INVITATION, RIGHT, STAFF, PEOPLE = InvitationForm(), RightForm(), StaffInvitationForm(), PeopleQuery()


@pages.get("/settings")
@members_only(OWN_ACCOUNT)
def show_settings(who: Acting) -> Response:
    """The person's sessions, and what it is a member of."""
    return private(
        "settings.html",
        who=who,
        sessions=persons.list_sessions(who.person_id),
        memberships=persons.memberships_of(who.person_id),
    )


@pages.post("/settings/sessions/<uuid:session_id>/end")
@members_only(OWN_ACCOUNT)
def end_my_session(who: Acting, session_id: UUID) -> Any:
    """End one of the person's sessions."""
    persons.end_session(who.person_id, session_id)
    return redirect(url_for("console.show_settings"), 303)


@pages.post("/settings/acting/<uuid:membership_id>")
@members_only(OWN_ACCOUNT)
def act_for(who: Acting, membership_id: UUID) -> Any:
    """Act for another enterprise, or as the member of staff, that the person is."""
    persons.act_for(who.session_id, membership_id)
    return redirect(url_for("console.show_today"), 303)


@pages.get("/settings/people")
@members_only("admin", kinds=(ENTERPRISE, ADMIN))
def show_people(who: Acting) -> Response:
    """Members and invitations, to who governs them."""
    return _people(who)


def _people(who: Acting, http_status: int = 200, errors: Errors | None = None, **told: Any) -> Response:
    query, _ = read_query(PEOPLE)
    members = persons.list_members(who.actor, query["after"], MOST_SHOWN + 1)
    shown = members[:MOST_SHOWN]
    waiting = persons.list_invitations(who.actor, {"status": "open"}, None, MOST_SHOWN)
    return private(
        "people.html",
        http_status,
        who=who,
        members=[{**persons.present_member(member), "version": member.version} for member in shown],
        next=shown[-1].id if len(members) > len(shown) else None,
        unjoined=persons.staff_without_person() if who.actor.is_admin else (),
        invitations=[persons.present_invitation(invitation) for invitation in waiting],
        rights=list(Right),
        values=typed() if errors else {},
        errors=errors or {},
        api="/api/v1/members",
        **{"code": None, "mailed": None, **told},
    )


@pages.post("/settings/people/invitations")
@members_only("admin", kinds=(ENTERPRISE,), sensitive=ASK_AGAIN)
def invite(who: Acting) -> Any:
    """Invite somebody; a code on paper is shown this once."""
    return _invited(who, INVITATION, {"staff_id": None})


@pages.post("/settings/people/staff")
@members_only("admin", kinds=(ADMIN,), sensitive=ASK_AGAIN)
def invite_staff(who: Acting) -> Any:
    """Invite the person who is a member of staff, known by keys so far."""
    return _invited(who, STAFF, {"right": None})


def _invited(who: Acting, schema: Schema, about: dict[str, Any]) -> Any:
    actor = who.actor

    def invite_by(data: dict[str, Any]) -> Response:
        invitation, code = persons.invite(actor, {**about, **data, "language": language()})
        return _people(who, 201, code=code, mailed=invitation.email)

    return change_or_show(schema, partial(_people, who), invite_by)


@pages.post("/settings/people/invitations/<uuid:invitation_id>/withdraw")
@members_only("admin", kinds=(ENTERPRISE, ADMIN))
def withdraw_invitation(who: Acting, invitation_id: UUID) -> Any:
    """Take an invitation back."""
    return _changed(who, None, lambda actor, _: persons.withdraw_invitation(actor, invitation_id))


@pages.post("/settings/people/<uuid:member_id>/right")
@members_only("admin", kinds=(ENTERPRISE,), sensitive=ASK_AGAIN)
def change_right(who: Acting, member_id: UUID) -> Any:
    """Give a member another right."""

    def change(actor: Actor, data: dict[str, Any]) -> Any:
        return persons.change_right(actor, member_id, data["right"], version_seen())

    return _changed(who, RIGHT, change)


@pages.post("/settings/people/<uuid:member_id>/end")
@members_only("admin", kinds=(ENTERPRISE, ADMIN), sensitive=ASK_AGAIN)
def end_membership(who: Acting, member_id: UUID) -> Any:
    """End a membership."""
    return _changed(who, None, lambda actor, _: persons.end_membership(actor, member_id))


def _changed(who: Acting, schema: Schema | None, change: Callable[[Actor, dict[str, Any]], Any]) -> Any:
    """Change a row of the page; what is wrong is said over all of them."""
    return change_or_show(
        schema,
        lambda http_status, errors: _people(who, http_status, over_the_form(errors)),
        partial(change, who.actor),
        url_for("console.show_people"),
    )
