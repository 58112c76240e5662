"""Cases of the routes of enterprises, their keys and regulators."""

from datetime import timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy import update

from marketplace import clock
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import MailPurpose, MailToken
from marketplace.events.work import unit_of_work
from tests.cases import FORBIDDEN, HIDDEN, VISIBLE, Cases, Samples
from tests.marketplace import new_uscc

CONTACT = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}


class EnterpriseSamples(Samples):
    @cached_property
    def spare_key(self):
        """A second key of the owner."""
        return self.owner.post("/api-keys", {"name": "spare", "scopes": ["read"]}).json

    def proposal(self, party=None):
        """An open proposal of a party, of a new enterprise unless one is given."""
        party = party or self.marketplace.enterprise("generator")
        response = party.patch(f"/enterprises/{party.id}", {"name": "绍兴新名厂"})
        assert response.status_code == 202, response.json
        return response.json["proposal"]

    def claim(self):
        """An open claim on the USCC of a new, pending enterprise."""
        holder = self.marketplace.enterprise("generator", approved=False)
        body = {"uscc": holder.number, "name": "真主", "roles": ["generator"], "region": "330602",
                "contact": CONTACT}  # fmt: skip
        assert self.marketplace.client.post("/api/v1/enterprises", json=body).status_code == 409
        claims = self.admin.get("/uscc-claims", status="open", limit=100).json["items"]
        return next(claim for claim in claims if claim["enterprise_id"] == holder.id)

    def mail_token(self, purpose, party=None):
        """The token of a link mailed to the owner (or a party), its address proven or not as it needs."""
        with self.marketplace.app.app_context(), unit_of_work() as work:
            row = enterprises.lock(work, UUID((party or self.owner).id))
            row.email_proven_at = clock.now() if purpose == MailPurpose.RECOVERY else None
            work.session.flush()
            _, token = enterprises.issue_mail_token(work, row.id, purpose)
            work.session.execute(update(MailToken).values(expires_at=clock.now() + timedelta(days=99)))
        return token


def neighbours(samples):
    owner = f"/enterprises/{samples.owner.id}"
    key = f"/api-keys/{samples.spare_key['id']}"
    change = f"/enterprise-changes/{samples.proposal(samples.owner)['id']}"
    claim = f"/uscc-claims/{samples.claim()['id']}"
    return {
        ("GET", "/enterprises/<uuid:enterprise_id>"): (owner, VISIBLE, VISIBLE),
        ("GET", "/enterprises/<uuid:enterprise_id>/history"): (f"{owner}/history", HIDDEN, HIDDEN),
        ("PATCH", "/enterprises/<uuid:enterprise_id>"): (owner, HIDDEN, FORBIDDEN),
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): (f"{owner}/approve", FORBIDDEN, FORBIDDEN),
        ("POST", "/enterprises/<uuid:enterprise_id>/reject"): (f"{owner}/reject", FORBIDDEN, FORBIDDEN),
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): (f"{owner}/suspend", FORBIDDEN, FORBIDDEN),
        ("DELETE", "/api-keys/<uuid:key_id>"): (key, HIDDEN, FORBIDDEN),
        ("GET", "/enterprise-changes/<uuid:change_id>"): (change, HIDDEN, HIDDEN),
        ("POST", "/enterprise-changes/<uuid:change_id>/confirm"): (f"{change}/confirm", FORBIDDEN, FORBIDDEN),
        ("POST", "/enterprise-changes/<uuid:change_id>/refuse"): (f"{change}/refuse", FORBIDDEN, FORBIDDEN),
        ("POST", "/enterprise-changes/<uuid:change_id>/withdraw"): (f"{change}/withdraw", HIDDEN, FORBIDDEN),
        ("GET", "/uscc-claims/<uuid:claim_id>"): (claim, FORBIDDEN, FORBIDDEN),
        ("POST", "/uscc-claims/<uuid:claim_id>/uphold"): (f"{claim}/uphold", FORBIDDEN, FORBIDDEN),
        ("POST", "/uscc-claims/<uuid:claim_id>/dismiss"): (f"{claim}/dismiss", FORBIDDEN, FORBIDDEN),
    }


def writes(samples):
    marketplace, owner, admin = samples.marketplace, samples.owner, samples.admin
    pending = marketplace.enterprise("generator", approved=False)
    unwanted = marketplace.enterprise("generator", approved=False)
    approved = marketplace.enterprise("generator")
    unproven = marketplace.enterprise("generator", proven=False)
    button = samples.mail_token(MailPurpose.PROOF, unproven)
    proof = samples.mail_token(MailPurpose.PROOF)
    recovery = samples.mail_token(MailPurpose.RECOVERY)
    with marketplace.app.app_context(), unit_of_work() as work:
        enterprises.lock(work, UUID(owner.id)).email_proven_at = None
    contact = {"name": "王", "email": "a@example.com", "phone": "0575-85000000"}
    new = {"uscc": new_uscc(), "name": "新厂", "roles": ["generator"], "region": "330602", "contact": contact}
    same = {**CONTACT, "email": f"{owner.number.lower()}@example.com"}
    return {
        ("POST", "/enterprises"): (owner, "/enterprises", new),
        ("PATCH", "/enterprises/<uuid:enterprise_id>"): (
            owner, f"/enterprises/{owner.id}", {"contact": same}),
        ("POST", "/enterprise-changes/<uuid:change_id>/confirm"): (
            admin, f"/enterprise-changes/{samples.proposal()['id']}/confirm", {}),
        ("POST", "/enterprise-changes/<uuid:change_id>/refuse"): (
            admin, f"/enterprise-changes/{samples.proposal()['id']}/refuse", {"reason": "与执照不符"}),
        ("POST", "/enterprise-changes/<uuid:change_id>/withdraw"): (
            samples.partner, f"/enterprise-changes/{samples.proposal(samples.partner)['id']}/withdraw", {}),
        ("POST", "/uscc-claims/<uuid:claim_id>/uphold"): (
            admin, f"/uscc-claims/{samples.claim()['id']}/uphold", {"reason": "执照已核对"}),
        ("POST", "/uscc-claims/<uuid:claim_id>/dismiss"): (
            admin, f"/uscc-claims/{samples.claim()['id']}/dismiss", {"reason": "无法提供执照"}),
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): (
            admin, f"/enterprises/{pending.id}/approve", {}),
        ("POST", "/enterprises/prove"): (owner, "/enterprises/prove", {"token": proof}),
        ("POST", "/enterprises/prove/<token>"): (unproven, f"/enterprises/prove/{button}", {}),
        ("POST", "/enterprises/me/send-proof"): (pending, "/enterprises/me/send-proof", {}),
        ("POST", "/enterprises/recover"): (owner, "/enterprises/recover", {"uscc": owner.number}),
        ("POST", "/enterprises/recover/confirm"): (
            owner, "/enterprises/recover/confirm", {"token": recovery}),
        ("POST", "/enterprises/<uuid:enterprise_id>/reject"): (
            admin, f"/enterprises/{unwanted.id}/reject", {"reason": "名称与执照不符"}),
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): (
            admin, f"/enterprises/{approved.id}/suspend", {}),
        ("POST", "/api-keys"): (owner, "/api-keys", {"name": "till", "scopes": ["read"]}),
        ("DELETE", "/api-keys/<uuid:key_id>"): (owner, f"/api-keys/{samples.spare_key['id']}", None),
        ("POST", "/regulators"): (admin, "/regulators", {"name": "局", "region": "330000"}),
    }  # fmt: skip


def grow(samples):
    samples.marketplace.enterprise("generator")
    samples.owner.post("/api-keys", {"name": "another", "scopes": ["read"]})
    samples.proposal()
    samples.claim()


CASES = Cases(
    samples=EnterpriseSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    paths=lambda samples: {
        "/enterprises/prove/<token>": f"/enterprises/prove/{samples.mail_token(MailPurpose.PROOF)}"
    },
    public={
        "/enterprises/<uuid:enterprise_id>": {"id", "name", "region", "roles", "grade", "score", "status"}
    },
    statements={
        "/enterprises": 5,
        "/enterprises/me": 2,
        "/privacy-notice": 1,
        "/enterprises/prove/<token>": 0,
        "/enterprises/<uuid:enterprise_id>": 2,
        "/enterprises/<uuid:enterprise_id>/history": 3,
        "/api-keys": 2,
        "/enterprise-changes": 2,
        "/enterprise-changes/<uuid:change_id>": 2,
        "/uscc-claims": 3,
        "/uscc-claims/<uuid:claim_id>": 3,
    },
    example_fields={
        ("POST", "/enterprises"): {
            "name": "柯桥滨海印染有限公司", "region": "330603", "contact": CONTACT,
            "location": {"lon": 120.49, "lat": 30.08, "crs": "gcj02"},
        },
        ("POST", "/enterprise-changes/<uuid:change_id>/confirm"): {"reason": "与新执照一致"},
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): {"reason": "材料齐全"},
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): {"reason": "许可证被吊销"},
        ("POST", "/api-keys"): {"name": "ERP", "expires_at": "2027-06-30T16:00:00Z"},
        ("POST", "/regulators"): {"name": "浙江省生态环境厅"},
    },
)  # fmt: skip
