"""Members and invitations over HTTP."""

from functools import partial

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import ANYONE, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, no_body, subject
from ..http.etags import etag
from ..http.idempotency import withhold_from_replay
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, each, page
from ..http.rate_limits import REGISTRATION, address
from . import service
from .models import Invitation, Membership
from .schemas import (
    InvitationPage,
    InvitationQuery,
    InvitationSchema,
    JoinSchema,
    MemberPage,
    MemberSchema,
    NewInvitationSchema,
    NewInvitedSchema,
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
    """End a membership at once, with the sessions that act by it; one owner stays."""
    service.end_membership(actor(), member.id)
