"""Cases of the routes of members and invitations."""

from datetime import timedelta
from functools import cached_property

from sqlalchemy import select

from marketplace.events.work import unit_of_work
from marketplace.persons import service
from marketplace.persons.models import EmailChange
from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.persons.people import PASSWORD, bound, invite, member

MEMBER = "/members/<uuid:member_id>"
INVITATION = "/invitations/<uuid:invitation_id>"
RESET = "/access-resets/<uuid:reset_id>"
ERASE = "/persons/<uuid:person_id>/erase"
NEXT = "山里的竹子有五百根 5"


class PersonSamples(Samples):
    @cached_property
    def membership(self):
        return member(self.owner, "13800138000", "owner")

    def email_code(self, own):
        """The body with a code that was mailed to a new address."""
        own.post("/me/person/email", {"email": "wang@example.com", "password": PASSWORD})
        with self.marketplace.app.app_context(), unit_of_work() as work:
            change = work.session.scalars(select(EmailChange).order_by(EmailChange.id.desc())).first()
            issued = service.issue_email_code(work, change.id)
            change.created_at += timedelta(days=3650)  # cases of other rooms let time pass
        return {"code": issued[2]}

    @cached_property
    def own(self):
        """The owner's key that is bound to a person who stays."""
        person = member(self.owner, "13800138010", "owner")
        return bound(self.owner, person)

    @cached_property
    def reset(self):
        assert self.membership
        return reset_of(self.admin, "13800138000")

    @cached_property
    def invitation(self):
        return invite(self.owner)


def reset_of(admin, login):
    body = {"login": login, "kind": "password", "reason": "当面核对身份证"}
    response = admin.post("/access-resets", body)
    assert response.status_code == 201, response.json
    return response.json


def neighbours(samples):
    reset, erase = (
        f"/access-resets/{samples.reset['id']}",
        f"/persons/{samples.membership['person_id']}/erase",
    )
    theirs, waiting = f"/members/{samples.membership['id']}", f"/invitations/{samples.invitation['id']}"
    return {
        ("GET", MEMBER): (theirs, HIDDEN, FORBIDDEN),
        ("PATCH", MEMBER): (theirs, HIDDEN, FORBIDDEN),
        ("DELETE", MEMBER): (theirs, HIDDEN, FORBIDDEN),
        ("GET", RESET): (reset, FORBIDDEN, FORBIDDEN),
        ("POST", f"{RESET}/confirm"): (f"{reset}/confirm", FORBIDDEN, FORBIDDEN),
        ("POST", f"{RESET}/withdraw"): (f"{reset}/withdraw", FORBIDDEN, FORBIDDEN),
        ("POST", ERASE): (erase, FORBIDDEN, FORBIDDEN),
        ("GET", INVITATION): (waiting, HIDDEN, FORBIDDEN),
        ("DELETE", INVITATION): (waiting, HIDDEN, FORBIDDEN),
    }


def writes(samples):
    owner = samples.owner
    assert samples.membership
    other = member(owner, "13800138001")
    joining = {"code": invite(owner)["code"], "name": "李工", "phone": "13800138002", "password": PASSWORD}
    own, second = samples.own, samples.marketplace.second_admin()
    confirming = bound(owner, member(owner, "13800138013", "owner"))
    leaving = member(owner, "13800138004")
    lost = [member(owner, f"1380013802{number}") for number in range(5)]
    proposed = [reset_of(samples.admin, f"1380013802{number}")["id"] for number in range(2)]
    handed = reset_of(samples.admin, "13800138022")["id"]
    used = {"login": "13800138022", "password": NEXT}
    used |= {"code": second.post(f"/access-resets/{handed}/confirm").json["code"]}
    asked = {"login": "13800138024", "kind": "password", "reason": "当面核对身份证"}
    erasing = bound(owner, lost[3])
    return {
        ("PATCH", "/me/person"): (own, "/me/person", {"language": "en"}),
        ("POST", "/me/person/phone"): (
            own,
            "/me/person/phone",
            {"phone": "13800138011", "password": PASSWORD},
        ),
        ("POST", "/me/person/email"): (
            own,
            "/me/person/email",
            {"email": "li@example.com", "password": PASSWORD},
        ),
        ("POST", "/me/person/email/confirm"): (
            confirming,
            "/me/person/email/confirm",
            samples.email_code(confirming),
        ),
        ("POST", "/me/person/password"): (
            own,
            "/me/person/password",
            {"current_password": PASSWORD, "password": NEXT},
        ),
        ("POST", "/me/person/erase"): (erasing, "/me/person/erase", {"password": PASSWORD}),
        ("POST", ERASE): (samples.admin, f"/persons/{leaving['person_id']}/erase", {"reason": "本人来函"}),
        ("POST", "/access-resets"): (samples.admin, "/access-resets", asked),
        ("POST", f"{RESET}/confirm"): (second, f"/access-resets/{proposed[0]}/confirm", None),
        ("POST", f"{RESET}/withdraw"): (second, f"/access-resets/{proposed[1]}/withdraw", None),
        ("POST", "/access-resets/use"): (owner, "/access-resets/use", used),
        ("POST", "/invitations"): (owner, "/invitations", {"right": "trader"}),
        ("DELETE", INVITATION): (owner, f"/invitations/{invite(owner)['id']}", None),
        ("POST", "/members"): (owner, "/members", joining),
        ("PATCH", MEMBER): (owner, f"/members/{other['id']}", {"right": "viewer"}),
        ("DELETE", MEMBER): (owner, f"/members/{member(owner, '13800138003')['id']}", None),
    }


def grow(samples):
    grown = f"1370013{8000 + len(samples.owner.get('/members').json['items'])}"
    member(samples.owner, grown)
    reset_of(samples.admin, grown)
    invite(samples.owner)
    member(samples.owner, f"1390013{8000 + len(samples.owner.get('/members').json['items'])}")


CASES = Cases(
    samples=PersonSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={
        "/members": 2,
        MEMBER: 2,
        "/invitations": 2,
        INVITATION: 2,
        "/me/person": 3,
        "/access-resets": 2,
        RESET: 2,
    },
    readers=lambda samples: {"/me/person": samples.own},
    unaudited=frozenset({("POST", "/access-resets/use")}),  # its line names the platform: nobody is known yet
    regulated=frozenset(
        {
            ("PATCH", "/me/person"),
            *(
                ("POST", f"/me/person/{name}")
                for name in ("password", "phone", "email", "email/confirm", "erase")
            ),
        }
    ),
)
