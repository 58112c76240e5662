"""Cases of the routes of licences, channels, the white list and exemptions."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.licences.bodies import ACID_PERMIT, APPROVAL, CHANNEL, LINE, TEST, VALIDITY, WASTE
from tests.uploaded_files.made import PDF


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
    def channel_test(self):
        sent = self.owner.post(f"/channels/{self.channel['id']}/tests", TEST)
        assert sent.status_code == 201, sent.json
        return sent.json

    @cached_property
    def channel_file(self):
        path = f"/channels/{self.channel['id']}"
        sent = self.admin.call("POST", f"{path}/files", data=PDF, content_type="application/pdf")
        assert sent.status_code == 201, sent.json
        return f"{path}/files/{sent.json['id']}"

    @cached_property
    def book_entry(self):
        sent = self.partner.post(f"/channels/{self.channel['id']}/secondary-waste", WASTE)
        assert sent.status_code == 201, sent.json
        return sent.json

    @cached_property
    def transfer_approval(self):
        sides = {"generator_id": self.owner.id, "receiver_id": self.partner.id}
        return self.create("/transfer-approvals", {**sides, **APPROVAL, "number": "批1"})

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
    approval = f"/transfer-approvals/{samples.transfer_approval['id']}"
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
        ("POST", "/channels/<uuid:permit_id>/pause"): (f"{channel}/pause", FORBIDDEN, FORBIDDEN),
        ("POST", "/channels/<uuid:permit_id>/resume"): (f"{channel}/resume", FORBIDDEN, FORBIDDEN),
        ("POST", "/channels/<uuid:permit_id>/tests"): (f"{channel}/tests", HIDDEN, FORBIDDEN),
        ("GET", "/channels/<uuid:permit_id>/tests"): (f"{channel}/tests", HIDDEN, HIDDEN),
        ("POST", "/channels/<uuid:permit_id>/tests/<uuid:test_id>/files"): (
            f"{channel}/tests/{samples.channel_test['id']}/files",
            HIDDEN,
            FORBIDDEN,
        ),
        ("POST", "/channels/<uuid:permit_id>/files"): (f"{channel}/files", FORBIDDEN, FORBIDDEN),
        ("GET", "/channels/<uuid:permit_id>/files/<uuid:file_id>"): (samples.channel_file, HIDDEN, HIDDEN),
        ("POST", "/channels/<uuid:permit_id>/secondary-waste"): (
            f"{channel}/secondary-waste",
            HIDDEN,
            FORBIDDEN,
        ),
        ("GET", "/channels/<uuid:permit_id>/secondary-waste"): (f"{channel}/secondary-waste", HIDDEN, HIDDEN),
        ("POST", "/channels/<uuid:permit_id>/secondary-waste/<uuid:entry_id>/correct"): (
            f"{channel}/secondary-waste/{samples.book_entry['id']}/correct",
            HIDDEN,
            FORBIDDEN,
        ),
        ("GET", "/transfer-approvals/<uuid:permit_id>"): (approval, HIDDEN, HIDDEN),
        ("DELETE", "/transfer-approvals/<uuid:permit_id>"): (approval, FORBIDDEN, FORBIDDEN),
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
    approval = f"/transfer-approvals/{samples.transfer_approval['id']}"
    book = f"{channel}/secondary-waste"
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
        ("POST", "/channels/<uuid:permit_id>/tests"): (owner, f"{channel}/tests", TEST),
        ("POST", "/channels/<uuid:permit_id>/tests/<uuid:test_id>/files"): (
            owner, f"{channel}/tests/{samples.channel_test['id']}/files", PDF),
        ("POST", "/channels/<uuid:permit_id>/files"): (admin, f"{channel}/files", PDF),
        ("POST", "/channels/<uuid:permit_id>/secondary-waste"): (samples.partner, book, WASTE),
        ("POST", "/channels/<uuid:permit_id>/secondary-waste/<uuid:entry_id>/correct"): (
            samples.partner, f"{book}/{samples.book_entry['id']}/correct",
            {"tonnes": 0.1, "note": "多记 0.1 吨"}),
        ("POST", "/channels/<uuid:permit_id>/pause"): (admin, f"{channel}/pause", {"reason": "现场检查"}),
        ("POST", "/channels/<uuid:permit_id>/resume"): (admin, f"{channel}/resume", {"reason": "检查合格"}),
        ("DELETE", "/channels/<uuid:permit_id>"): (admin, channel, None),
        ("POST", "/transfer-approvals"): (
            admin, "/transfer-approvals", {**sides, **APPROVAL, "number": "批2"}),
        ("DELETE", "/transfer-approvals/<uuid:permit_id>"): (admin, approval, None),
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
    samples.create("/transfer-approvals", {**sides, **APPROVAL, "number": receiver.number})
    channel = f"/channels/{samples.channel['id']}"
    owner.post(f"{channel}/tests", TEST)
    samples.partner.post(f"{channel}/secondary-waste", WASTE)


CASES = Cases(
    samples=PermitSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={
        "/licences": 4,
        "/licences/<uuid:permit_id>": 5,
        "/licences/<uuid:permit_id>/files/<uuid:file_id>": 5,
        "/channels": 5,
        "/channels/<uuid:permit_id>": 5,
        "/channels/<uuid:permit_id>/tests": 4,
        "/channels/<uuid:permit_id>/files/<uuid:file_id>": 3,
        "/channels/<uuid:permit_id>/secondary-waste": 3,
        "/transfer-approvals": 3,
        "/transfer-approvals/<uuid:permit_id>": 3,
        "/white-list": 2,
        "/white-list/<uuid:permit_id>": 2,
        "/exemptions": 2,
        "/exemptions/<uuid:permit_id>": 2,
    },
    example_fields={
        ("POST", "/licences"): {"number": "浙危废经第3306000001号"},
        ("POST", "/transfer-approvals"): {"number": "浙环固转〔2026〕第18号"},
        ("POST", "/channels"): {"approval_number": "绍环点对点〔2026〕7号"},
    },
)
