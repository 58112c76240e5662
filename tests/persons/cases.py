"""Cases of the routes of members and invitations."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.persons.people import PASSWORD, invite, member

MEMBER = "/members/<uuid:member_id>"
INVITATION = "/invitations/<uuid:invitation_id>"


class PersonSamples(Samples):
    @cached_property
    def membership(self):
        return member(self.owner, "13800138000", "owner")

    @cached_property
    def invitation(self):
        return invite(self.owner)


def neighbours(samples):
    theirs, waiting = f"/members/{samples.membership['id']}", f"/invitations/{samples.invitation['id']}"
    return {
        ("GET", MEMBER): (theirs, HIDDEN, FORBIDDEN),
        ("PATCH", MEMBER): (theirs, HIDDEN, FORBIDDEN),
        ("DELETE", MEMBER): (theirs, HIDDEN, FORBIDDEN),
        ("GET", INVITATION): (waiting, HIDDEN, FORBIDDEN),
        ("DELETE", INVITATION): (waiting, HIDDEN, FORBIDDEN),
    }


def writes(samples):
    owner = samples.owner
    assert samples.membership
    other = member(owner, "13800138001")
    joining = {"code": invite(owner)["code"], "name": "李工", "phone": "13800138002", "password": PASSWORD}
    return {
        ("POST", "/invitations"): (owner, "/invitations", {"right": "trader"}),
        ("DELETE", INVITATION): (owner, f"/invitations/{invite(owner)['id']}", None),
        ("POST", "/members"): (owner, "/members", joining),
        ("PATCH", MEMBER): (owner, f"/members/{other['id']}", {"right": "viewer"}),
        ("DELETE", MEMBER): (owner, f"/members/{member(owner, '13800138003')['id']}", None),
    }


def grow(samples):
    invite(samples.owner)
    member(samples.owner, f"1390013{8000 + len(samples.owner.get('/members').json['items'])}")


CASES = Cases(
    samples=PersonSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={"/members": 2, MEMBER: 2, "/invitations": 2, INVITATION: 2},
)
