"""Cases of the routes of inspections."""

from functools import cached_property

from tests.cases import HIDDEN, Cases, Samples
from tests.inspections.site import NOT_MET, answers
from tests.uploaded_files.made import PNG

ROOT = "/inspections"
ONE = f"{ROOT}/<uuid:inspection_id>"
PHOTO = f"{ROOT}/photos/<uuid:photo_id>"
STEPS = ("items", "finish", "rectify", "recheck", "cancel")
CORRECTED = {"items": [{"item": "L1", "corrected": True}]}
REMEDY = {"items": [{"item": "L1", "text": "已更换全部标签"}]}


class InspectionSamples(Samples):
    @cached_property
    def inspection(self):
        """Begun by an admin, of the owner, and not answered yet."""
        return self.begun(self.owner, "general_generator", "city")

    @property
    def item(self):
        """Code of an item of the owner's inspection."""
        return self.inspection["items"][0]["item"]["code"]

    @cached_property
    def photo(self):
        """Of an item of the owner's inspection."""
        path = f"{ROOT}/{self.inspection['id']}/photos?item={self.item}"
        response = self.admin.call("POST", path, data=PNG, content_type="image/png")
        assert response.status_code == 201, response.json
        return response.json

    def begun(self, party, checklist="hazardous_generator", kind="district"):
        body = {"enterprise_id": party.id, "checklist": checklist, "kind": kind}
        return self.create(ROOT, body)

    def at(self, *steps):
        """The path of an inspection of a new enterprise with one finding, after these steps."""
        party = self.marketplace.enterprise("generator")
        made = self.begun(party)
        path = f"{ROOT}/{made['id']}"
        todo = {
            "items": (self.admin, answers(made, L1=NOT_MET)),
            "finish": (self.admin, {}),
            "rectify": (party, REMEDY),
        }
        for step in steps:
            who, body = todo[step]
            response = who.post(f"{path}/{step}", body)
            assert response.status_code == 200, response.json
        return party, path


def neighbours(samples):
    path = f"{ROOT}/{samples.inspection['id']}"
    steps = {("POST", f"{ONE}/{step}"): (f"{path}/{step}", HIDDEN, HIDDEN) for step in STEPS}
    return {
        ("GET", ONE): (path, HIDDEN, HIDDEN),
        ("GET", f"{ONE}/report.pdf"): (f"{path}/report.pdf", HIDDEN, HIDDEN),
        ("POST", f"{ONE}/photos"): (f"{path}/photos?item={samples.item}", HIDDEN, HIDDEN),
        ("GET", PHOTO): (f"{ROOT}/photos/{samples.photo['id']}", HIDDEN, HIDDEN),
        **steps,
    }


def writes(samples):
    admin, owner = samples.admin, samples.owner
    to_rectify, rectify = samples.at("items", "finish")
    _, begun = samples.at()
    _, answered = samples.at("items")
    _, rectified = samples.at("items", "finish", "rectify")
    one = {"items": [{"item": "L1", "points": 0, "note": "三件容器无标签", "rule": "site.label"}]}
    return {
        ("POST", ROOT): (owner, ROOT, {"checklist": "recycler", "kind": "self"}),
        ("POST", f"{ONE}/items"): (admin, f"{begun}/items", one),
        ("POST", f"{ONE}/photos"): (admin, f"{samples.at()[1]}/photos?item=L1", PNG),
        ("POST", f"{ONE}/finish"): (admin, f"{answered}/finish", {"due_on": "2026-12-20"}),
        ("POST", f"{ONE}/rectify"): (to_rectify, f"{rectify}/rectify", REMEDY),
        ("POST", f"{ONE}/recheck"): (admin, f"{rectified}/recheck", CORRECTED),
        ("POST", f"{ONE}/cancel"): (admin, f"{samples.at()[1]}/cancel", {"reason": "企业停产"}),
    }


def grow(samples):
    samples.at("items", "finish")
    for kind in ("city", "district"):
        made = samples.begun(samples.owner, "recycler", kind)
        samples.admin.post(f"{ROOT}/{made['id']}/cancel", {"reason": "改期"})


CASES = Cases(
    samples=InspectionSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    regulated=frozenset({("POST", ROOT), *(("POST", f"{ONE}/{step}") for step in (*STEPS, "photos"))}),
    statements={
        ROOT: 3,
        ONE: 6,
        PHOTO: 2,
        f"{ONE}/report.pdf": 7,
        f"{ROOT}/checklists": 3,
        f"{ROOT}/due": 3,
    },
)
