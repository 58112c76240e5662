"""Cases of the routes about personal data."""

from functools import cached_property

from tests.cases import FORBIDDEN, Cases, Samples
from tests.persons.people import bound, member

ERASE = "/enterprises/<uuid:enterprise_id>/erase-contact"


class PrivacySamples(Samples):
    @cached_property
    def suspended(self):
        """An enterprise that no longer trades."""
        enterprise = self.marketplace.enterprise("generator", name="停产的厂")
        assert self.admin.post(f"/enterprises/{enterprise.id}/suspend", {}).status_code == 200
        return enterprise

    @cached_property
    def acting(self):
        """The owner's key that is bound to a person."""
        return bound(self.owner, member(self.owner, "13800138012", "owner"))


def neighbours(samples):
    path = f"/enterprises/{samples.suspended.id}/erase-contact"
    return {("POST", ERASE): (path, FORBIDDEN, FORBIDDEN)}


def writes(samples):
    path = f"/enterprises/{samples.suspended.id}/erase-contact"
    return {("POST", ERASE): (samples.admin, path, {"reason": "联系人来函要求删除"})}


CASES = Cases(
    samples=PrivacySamples,
    neighbours=neighbours,
    writes=writes,
    readers=lambda samples: {"/me/person/export": samples.acting},
    statements={"/enterprises/me/export": 79, "/me/person/export": 16},
)
