"""Cases of the routes of enterprises, their keys and regulators."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, VISIBLE, Cases, Samples
from tests.marketplace import new_uscc

CONTACT = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}


class EnterpriseSamples(Samples):
    @cached_property
    def spare_key(self):
        """A second key of the owner."""
        return self.owner.post("/api-keys", {"name": "spare", "scopes": ["read"]}).json


def neighbours(samples):
    owner = f"/enterprises/{samples.owner.id}"
    key = f"/api-keys/{samples.spare_key['id']}"
    return {
        ("GET", "/enterprises/<uuid:enterprise_id>"): (owner, VISIBLE, VISIBLE),
        ("GET", "/enterprises/<uuid:enterprise_id>/history"): (f"{owner}/history", HIDDEN, HIDDEN),
        ("PATCH", "/enterprises/<uuid:enterprise_id>"): (owner, HIDDEN, FORBIDDEN),
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): (f"{owner}/approve", FORBIDDEN, FORBIDDEN),
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): (f"{owner}/suspend", FORBIDDEN, FORBIDDEN),
        ("DELETE", "/api-keys/<uuid:key_id>"): (key, HIDDEN, FORBIDDEN),
    }


def writes(samples):
    marketplace, owner, admin = samples.marketplace, samples.owner, samples.admin
    pending = marketplace.enterprise("generator", approved=False)
    approved = marketplace.enterprise("generator")
    contact = {"name": "王", "email": "a@example.com", "phone": "0575-85000000"}
    new = {"uscc": new_uscc(), "name": "新厂", "roles": ["generator"], "region": "330602", "contact": contact}
    return {
        ("POST", "/enterprises"): (owner, "/enterprises", new),
        ("PATCH", "/enterprises/<uuid:enterprise_id>"): (owner, f"/enterprises/{owner.id}", {"name": "新名"}),
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): (
            admin, f"/enterprises/{pending.id}/approve", {}),
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): (
            admin, f"/enterprises/{approved.id}/suspend", {}),
        ("POST", "/api-keys"): (owner, "/api-keys", {"name": "till", "scopes": ["read"]}),
        ("DELETE", "/api-keys/<uuid:key_id>"): (owner, f"/api-keys/{samples.spare_key['id']}", None),
        ("POST", "/regulators"): (admin, "/regulators", {"name": "局", "region": "330000"}),
    }  # fmt: skip


def grow(samples):
    samples.marketplace.enterprise("generator")
    samples.owner.post("/api-keys", {"name": "another", "scopes": ["read"]})


CASES = Cases(
    samples=EnterpriseSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    public={"/enterprises/<uuid:enterprise_id>": {"id", "name", "region", "roles", "grade"}},
    statements={
        "/enterprises": 2,
        "/enterprises/me": 2,
        "/enterprises/<uuid:enterprise_id>": 2,
        "/enterprises/<uuid:enterprise_id>/history": 3,
        "/api-keys": 2,
    },
    example_fields={
        ("POST", "/enterprises"): {
            "name": "柯桥滨海印染有限公司", "region": "330603", "contact": CONTACT,
            "location": {"lon": 120.49, "lat": 30.08, "crs": "gcj02"},
        },
        ("PATCH", "/enterprises/<uuid:enterprise_id>"): {"name": "绍兴一厂（滨海）", "contact": CONTACT},
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): {"reason": "材料齐全"},
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): {"reason": "许可证被吊销"},
        ("POST", "/api-keys"): {"name": "ERP", "expires_at": "2027-06-30T16:00:00Z"},
        ("POST", "/regulators"): {"name": "浙江省生态环境厅"},
    },
)  # fmt: skip
