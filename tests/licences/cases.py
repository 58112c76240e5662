"""Cases of the routes of licences, channels, the white list and exemptions."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples

VALIDITY = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
ACID_PERMIT = {"scheme": "cn-hw", "code": "900-349-34", **VALIDITY}
LINE = {"scheme": "cn-hw", "code": "HW34", "tonnes_per_year": 5}
PDF = b"%PDF-1.4\n%%EOF\n"
CHANNEL = {**ACID_PERMIT, "use": "制盐", "tonnes_per_year": 5}


class PermitSamples(Samples):
    @cached_property
    def licence(self):
        return self.marketplace.licence(self.owner)

    @cached_property
    def licence_to_suspend(self):
        return self.marketplace.licence(self.owner)

    @cached_property
    def suspended_licence(self):
        licence = self.marketplace.licence(self.owner)
        reason = {"reason": "整改期间暂停"}
        assert self.admin.post(f"/licences/{licence['id']}/suspend", reason).status_code == 200
        return licence

    @cached_property
    def submission(self):
        return self._handed_in("交1")

    @cached_property
    def refusable(self):
        return self._handed_in("交2")

    @cached_property
    def licence_file(self):
        path = f"/licences/{self.submission['id']}/files"
        sent = self.owner.call("POST", path, data=PDF, content_type="application/pdf")
        assert sent.status_code == 201, sent.json
        return f"{path}/{sent.json['id']}"

    def _handed_in(self, number):
        sent = self.owner.post("/licences", {"number": number, **VALIDITY, "lines": [LINE]})
        assert sent.status_code == 201, sent.json
        return sent.json

    @cached_property
    def partners_licence(self):
        return self.marketplace.licence(self.partner)

    @cached_property
    def channel(self):
        sides = {"generator_id": self.owner.id, "receiver_id": self.partner.id}
        return self.create("/channels", {**sides, **CHANNEL, "approval_number": "1"})

    @cached_property
    def white_list_entry(self):
        entry = {"receiver_id": self.owner.id, **ACID_PERMIT, "from_province": "310000"}
        return self.create("/white-list", entry)

    @cached_property
    def exemption(self):
        return self.create("/exemptions", {"enterprise_id": self.owner.id, "item": 1, **ACID_PERMIT})


def neighbours(samples):
    licence, channel = f"/licences/{samples.licence['id']}", f"/channels/{samples.channel['id']}"
    entry, exemption = (
        f"/white-list/{samples.white_list_entry['id']}",
        f"/exemptions/{samples.exemption['id']}",
    )
    return {
        ("GET", "/licences/<uuid:permit_id>"): (licence, HIDDEN, HIDDEN),
        ("DELETE", "/licences/<uuid:permit_id>"): (licence, FORBIDDEN, FORBIDDEN),
        ("POST", "/licences/<uuid:permit_id>/usage"): (f"{licence}/usage", FORBIDDEN, FORBIDDEN),
        ("POST", "/licences/<uuid:permit_id>/confirm"): (f"{licence}/confirm", FORBIDDEN, FORBIDDEN),
        ("POST", "/licences/<uuid:permit_id>/refuse"): (f"{licence}/refuse", FORBIDDEN, FORBIDDEN),
        ("POST", "/licences/<uuid:permit_id>/suspend"): (f"{licence}/suspend", FORBIDDEN, FORBIDDEN),
        ("POST", "/licences/<uuid:permit_id>/resume"): (f"{licence}/resume", FORBIDDEN, FORBIDDEN),
        ("POST", "/licences/<uuid:permit_id>/files"): (f"{licence}/files", HIDDEN, FORBIDDEN),
        ("GET", "/licences/<uuid:permit_id>/files/<uuid:file_id>"): (samples.licence_file, HIDDEN, HIDDEN),
        ("GET", "/channels/<uuid:permit_id>"): (channel, HIDDEN, HIDDEN),
        ("DELETE", "/channels/<uuid:permit_id>"): (channel, FORBIDDEN, FORBIDDEN),
        ("POST", "/channels/<uuid:permit_id>/usage"): (f"{channel}/usage", FORBIDDEN, FORBIDDEN),
        ("GET", "/white-list/<uuid:permit_id>"): (entry, HIDDEN, HIDDEN),
        ("DELETE", "/white-list/<uuid:permit_id>"): (entry, FORBIDDEN, FORBIDDEN),
        ("GET", "/exemptions/<uuid:permit_id>"): (exemption, HIDDEN, HIDDEN),
        ("DELETE", "/exemptions/<uuid:permit_id>"): (exemption, FORBIDDEN, FORBIDDEN),
    }


def writes(samples):
    owner, admin = samples.owner, samples.admin
    licence, channel = f"/licences/{samples.licence['id']}", f"/channels/{samples.channel['id']}"
    second_licence = samples.marketplace.licence(owner)["id"]
    usage = {"year": 2026, "tonnes": 1}
    new_licence = {"enterprise_id": owner.id, "number": "1", **VALIDITY, "lines": [LINE]}
    submitted = f"/licences/{samples.submission['id']}"
    sides = {"generator_id": owner.id, "receiver_id": samples.partner.id}
    new_entry = {"receiver_id": owner.id, **ACID_PERMIT, "from_province": "320000"}
    return {
        ("POST", "/licences"): (admin, "/licences", new_licence),
        ("DELETE", "/licences/<uuid:permit_id>"): (admin, f"/licences/{second_licence}", None),
        ("POST", "/licences/<uuid:permit_id>/usage"): (
            admin, f"{licence}/usage", {**usage, "line_id": samples.licence["lines"][0]["id"]}),
        ("POST", "/licences/<uuid:permit_id>/suspend"): (
            admin, f"/licences/{samples.licence_to_suspend['id']}/suspend", {"reason": "整改期间暂停"}),
        ("POST", "/licences/<uuid:permit_id>/resume"): (
            admin, f"/licences/{samples.suspended_licence['id']}/resume", {"reason": "整改完成"}),
        ("POST", "/licences/<uuid:permit_id>/files"): (owner, f"{submitted}/files", PDF),
        ("POST", "/licences/<uuid:permit_id>/confirm"): (admin, f"{submitted}/confirm", None),
        ("POST", "/licences/<uuid:permit_id>/refuse"): (
            admin, f"/licences/{samples.refusable['id']}/refuse", {"reason": "请补交副本"}),
        ("POST", "/channels"): (admin, "/channels", {**sides, **CHANNEL, "approval_number": "2"}),
        ("POST", "/channels/<uuid:permit_id>/usage"): (admin, f"{channel}/usage", usage),
        ("DELETE", "/channels/<uuid:permit_id>"): (admin, channel, None),
        ("POST", "/white-list"): (admin, "/white-list", new_entry),
        ("DELETE", "/white-list/<uuid:permit_id>"): (
            admin, f"/white-list/{samples.white_list_entry['id']}", None),
        ("POST", "/exemptions"): (
            admin, "/exemptions", {"enterprise_id": owner.id, "item": 2, **ACID_PERMIT}),
        ("DELETE", "/exemptions/<uuid:permit_id>"): (admin, f"/exemptions/{samples.exemption['id']}", None),
    }  # fmt: skip


def grow(samples):
    marketplace, owner = samples.marketplace, samples.owner
    marketplace.licence(owner)
    marketplace.licence(owner, "HW17")
    receiver = marketplace.recycler()
    sides = {"generator_id": owner.id, "receiver_id": receiver.id}
    samples.create("/channels", {**sides, **CHANNEL, "approval_number": receiver.number})


CASES = Cases(
    samples=PermitSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={
        "/licences": 6,
        "/licences/<uuid:permit_id>": 6,
        "/licences/<uuid:permit_id>/files/<uuid:file_id>": 5,
        "/channels": 4,
        "/channels/<uuid:permit_id>": 4,
        "/white-list": 3,
        "/white-list/<uuid:permit_id>": 3,
        "/exemptions": 3,
        "/exemptions/<uuid:permit_id>": 3,
    },
    example_fields={
        ("POST", "/licences"): {"number": "浙危废经第3306000001号"},
        ("POST", "/channels"): {"approval_number": "绍环点对点〔2026〕7号"},
    },
)
