"""Cases of the routes about personal data."""

from functools import cached_property

from tests.cases import FORBIDDEN, Cases, Samples

ERASE = "/enterprises/<uuid:enterprise_id>/erase-contact"


class PrivacySamples(Samples):
    @cached_property
    def suspended(self):
        """An enterprise that no longer trades."""
        enterprise = self.marketplace.enterprise("generator", name="停产的厂")
        assert self.admin.post(f"/enterprises/{enterprise.id}/suspend", {}).status_code == 200
        return enterprise


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
    statements={"/enterprises/me/export": 72},
)
