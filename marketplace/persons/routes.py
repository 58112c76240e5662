"""Members and invitations over HTTP."""

from functools import partial

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import ANYONE, EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, no_body, subject
from ..http.etags import etag
from ..http.idempotency import withhold_from_replay
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, each, page
from ..http.rate_limits import REGISTRATION, address
from . import service
from .models import AccessReset, Invitation, Membership, Person
from .schemas import (
    AccessResetPage,
    AccessResetSchema,
    ConfirmedResetSchema,
    EmailChangeSchema,
    EmailCodeSchema,
    InvitationPage,
    InvitationQuery,
    InvitationSchema,
    JoinSchema,
    MemberPage,
    MemberSchema,
    MyselfChangeSchema,
    MyselfSchema,
    NewInvitationSchema,
    NewInvitedSchema,
    NewResetSchema,
    OwnErasureSchema,
    PasswordChangeSchema,
    PersonErasureSchema,
    PhoneChangeSchema,
    ResetQuery,
    ResetUsedSchema,
    ResetUseSchema,
    RightSchema,
)

blueprint = Blueprint("persons", __name__, description="Who acts for an enterprise, and with which right.")


@blueprint.post("/invitations")
@allow(ENTERPRISE, ADMIN, scope="admin")
@may_conflict
@blueprint.body(NewInvitationSchema)
@blueprint.response(201, NewInvitedSchema)
def invite(body: Body) -> Json:
    """Invite somebody into your enterprise, by e-mail or with a code on paper; it waits for seven days.

    An admin invites the person who is a member of staff, known by keys so far.
    """
    withhold_from_replay("code")
    withhold_from_replay("email")
    invitation, code = service.invite(actor(), body)
    return {**service.present_invitation(invitation), **({"code": code} if code else {})}


@blueprint.get("/invitations")
@allow(ENTERPRISE, ADMIN, scope="admin")
@blueprint.query(InvitationQuery)
@blueprint.response(200, InvitationPage)
def list_invitations(query: Query) -> Page:
    """Invitations of your enterprise or, for admins, of staff, newest first."""
    rows = partial(service.list_invitations, actor(), query)
    return page(query, rows, present=each(service.present_invitation))


@blueprint.get("/invitations/<uuid:invitation_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_invitation)
@blueprint.response(200, InvitationSchema)
def show_invitation(invitation: Invitation) -> Json:
    """An invitation of your enterprise or, for admins, any."""
    return service.present_invitation(invitation)


@blueprint.delete("/invitations/<uuid:invitation_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_invitation)
@may_conflict
@blueprint.response(204)
def withdraw_invitation(invitation: Invitation) -> None:
    """Take an invitation back: its code opens nothing any more."""
    service.withdraw_invitation(actor(), invitation.id)


@blueprint.post("/members")
@allow(*ANYONE, limit=REGISTRATION)
@may_conflict
@blueprint.body(JoinSchema)
@blueprint.response(201, MemberSchema)
def join(body: Body) -> Json:
    """Accept an invitation by its code, as a new person or as one who has a log-in already."""
    return service.present_member(service.join(body, address()))


@blueprint.get("/members")
@allow(ENTERPRISE, ADMIN, scope="admin")
@blueprint.query(PageQuery)
@blueprint.response(200, MemberPage)
def list_members(query: Query) -> Page:
    """Who acts for your enterprise; to admins, who is a member of staff. Who joined first is first."""
    return page(query, partial(service.list_members, actor()), present=each(service.present_member))


@blueprint.get("/members/<uuid:member_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_member)
@blueprint.response(200, MemberSchema, headers=VERSIONED)
def show_member(member: Membership) -> Versioned:
    """A member of your enterprise or, for admins, any."""
    return service.present_member(member), etag(member.version)


@blueprint.patch("/members/<uuid:member_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_member)
@may_conflict
@blueprint.body(RightSchema)
@blueprint.response(200, MemberSchema, headers=VERSIONED)
def change_right(member: Membership, body: Body, expected: int | None) -> Versioned:
    """Give a member of your enterprise another right, as an admin of any; one owner stays."""
    changed = service.change_right(actor(), member.id, body["right"], expected)
    return service.present_member(changed), etag(changed.version)


@blueprint.delete("/members/<uuid:member_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_member)
@may_conflict
@no_body
@blueprint.response(204)
def end_membership(member: Membership) -> None:
    """End a membership at once, with its sessions and the keys bound to it; one owner stays."""
    service.end_membership(actor(), member.id)


# ---------------------------------------------------------------- oneself


@blueprint.get("/me/person")
@allow(*EVERY_KEY)
@blueprint.response(200, MyselfSchema, headers=VERSIONED)
def show_myself() -> Versioned:
    """The person who acts: whoever has logged in, or to whom the key is bound."""
    return _myself(service.myself(actor()))


@blueprint.patch("/me/person")
@allow(*EVERY_KEY)
@subject(service.myself)
@blueprint.body(MyselfChangeSchema)
@blueprint.response(200, MyselfSchema, headers=VERSIONED)
def change_myself(person: Person, body: Body, expected: int | None) -> Versioned:
    """Set your name or language."""
    return _myself(service.change_myself(actor(), body, expected))


@blueprint.post("/me/person/password")
@allow(*EVERY_KEY)
@blueprint.body(PasswordChangeSchema)
@blueprint.response(204)
def change_password(body: Body) -> None:
    """Set your password; all your sessions end."""
    service.change_password(actor(), body["current_password"], body["password"], address())


@blueprint.post("/me/person/phone")
@allow(*EVERY_KEY)
@may_conflict
@blueprint.body(PhoneChangeSchema)
@blueprint.response(200, MyselfSchema)
def change_phone(body: Body) -> Json:
    """Set the number with which you log in, or take it away where your address is left."""
    _withhold_myself()
    return service.present_myself(service.change_phone(actor(), body["phone"], body["password"], address()))


@blueprint.post("/me/person/email")
@allow(*EVERY_KEY)
@blueprint.body(EmailChangeSchema)
@blueprint.response(204)
def ask_for_email(body: Body) -> None:
    """Have a code mailed to a new address of yours; it works for an hour."""
    service.request_email(actor(), body["email"], body["password"], address())


@blueprint.post("/me/person/email/confirm")
@allow(*EVERY_KEY)
@may_conflict
@blueprint.body(EmailCodeSchema)
@blueprint.response(200, MyselfSchema)
def confirm_email(body: Body) -> Json:
    """Type the code that was mailed to the new address: from now on you log in with that one."""
    _withhold_myself()
    return service.present_myself(service.confirm_email(actor(), body["code"], address()))


@blueprint.post("/me/person/erase")
@allow(*EVERY_KEY)
@may_conflict
@blueprint.body(OwnErasureSchema)
@blueprint.response(204)
def erase_myself(body: Body) -> None:
    """Erase yourself for good: your memberships end, and history shows your number instead of your name."""
    service.erase_oneself(actor(), body["password"], address())


@blueprint.post("/persons/<uuid:person_id>/erase")
@allow(ADMIN, scope="admin")
@subject(service.find_person)
@may_conflict
@blueprint.body(PersonErasureSchema)
@blueprint.response(204)
def erase_person(person: Person, body: Body) -> None:
    """Erase a person for good, with a reason; the memberships end. Yourself another admin erases."""
    service.erase_person(actor(), person.id, body["reason"])


def _myself(person: Person) -> Versioned:
    return service.present_myself(person), etag(person.version)


def _withhold_myself() -> None:
    for name in ("name", "email", "phone"):
        withhold_from_replay(name)


# ---------------------------------------------------------------- what was lost


@blueprint.post("/access-resets")
@allow(ADMIN, scope="admin")
@may_conflict
@blueprint.body(NewResetSchema)
@blueprint.response(201, AccessResetSchema)
def propose_reset(body: Body) -> Json:
    """Propose to give up the password or the second factor that a person has lost.

    Another admin confirms it; then a code on paper sets it again.
    """
    for name in ("login", "name"):
        withhold_from_replay(name)
    return service.present_reset(service.propose_reset(actor(), body))


@blueprint.get("/access-resets")
@allow(ADMIN, scope="admin")
@blueprint.query(ResetQuery)
@blueprint.response(200, AccessResetPage)
def list_resets(query: Query) -> Page:
    """What admins gave up of what persons had lost, newest first."""
    return page(query, partial(service.list_resets, query), present=each(service.present_reset))


@blueprint.get("/access-resets/<uuid:reset_id>")
@allow(ADMIN, scope="admin")
@subject(service.find_reset)
@blueprint.response(200, AccessResetSchema)
def show_reset(reset: AccessReset) -> Json:
    """One of them."""
    return service.present_reset(reset)


@blueprint.post("/access-resets/<uuid:reset_id>/confirm")
@allow(ADMIN, scope="admin")
@subject(service.find_reset)
@may_conflict
@no_body
@blueprint.response(200, ConfirmedResetSchema)
def confirm_reset(reset: AccessReset) -> Json:
    """Confirm it as a second admin, and hand over the code; it works for a day."""
    for name in ("code", "login", "name"):
        withhold_from_replay(name)
    row, code = service.confirm_reset(actor(), reset.id)
    return {**service.present_reset(row), "code": code}


@blueprint.post("/access-resets/<uuid:reset_id>/withdraw")
@allow(ADMIN, scope="admin")
@subject(service.find_reset)
@may_conflict
@no_body
@blueprint.response(200, AccessResetSchema)
def withdraw_reset(reset: AccessReset) -> Json:
    """Take it back: a code that was handed over opens nothing any more."""
    return service.present_reset(service.withdraw_reset(actor(), reset.id))


@blueprint.post("/access-resets/use")
@allow(*ANYONE, limit=REGISTRATION)
@blueprint.body(ResetUseSchema)
@blueprint.response(200, ResetUsedSchema)
def use_reset(body: Body) -> Json:
    """Use the code on paper: with a new password or, if the second factor was lost, with your present one."""
    service.use_reset(body, address())
    return {"used": True}
