"""The case file of a transfer approval: steps, working days, papers, and the approval that concludes it."""

from datetime import UTC, datetime

import pytest

from marketplace import lives
from tests.http.responses import verdict
from tests.licences.bodies import APPROVAL
from tests.uploaded_files.made import PDF

ROOT = "/transfer-applications"


@pytest.fixture
def case(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    made = generator.post(ROOT, {**APPROVAL, "receiver_id": recycler.id})
    assert made.status_code == 201, made.json
    return generator, recycler, made.json


def test_an_application_goes_its_way_and_becomes_an_approval(marketplace, case):
    generator, recycler, made = case
    path = f"{ROOT}/{made['id']}"
    assert (made["status"], made["to_act"], made["due_on"]) == ("submitted", "sender_province", "2026-12-08")
    assert made["missing_papers"] == ["contract", "form", "receiver_licence", "receiver_note"]
    generator.call("POST", f"{path}/papers?kind=form", data=PDF, content_type="application/pdf")
    assert "form" not in recycler.get(path).json["missing_papers"]

    asked = marketplace.admin.post(f"{path}/ask-papers", {"reason": "缺合同"}).json
    assert (asked["to_act"], asked["due_on"], asked["reason"]) == ("applicant", None, "缺合同")
    assert verdict(recycler.post(f"{path}/supplement", {}))[:2] == (403, "own_application_only")
    assert generator.post(f"{path}/supplement", {}).json["status"] == "submitted"
    assert verdict(marketplace.admin.post(f"{path}/agree", {}))[:2] == (409, "wrong_state")
    for step, due in (("accept-papers", "2026-12-08"), ("forward", "2026-12-15"), ("agree", "2026-12-08")):
        assert marketplace.admin.post(f"{path}/{step}", {}).json["due_on"] == due, step
    granted = marketplace.admin.post(f"{path}/grant", {"number": "浙环固转1", "tonnes": 300}).json
    assert (granted["status"], granted["to_act"], granted["due_on"]) == ("granted", None, None)
    approval = generator.get(f"/transfer-approvals/{granted['approval_id']}").json
    assert (approval["tonnes"], approval["number"], approval["way"]) == (300, "浙环固转1", "use")
    assert [step["move"] for step in granted["steps"]] == [
        "ask_papers", "supplement", "accept_papers", "forward", "agree", "grant",
    ]  # fmt: skip
    assert verdict(generator.post(f"{path}/withdraw", {}))[:2] == (409, "wrong_state")
    lines = recycler.get(f"{path}/history").json["items"]
    assert [(line["action"], line["actor"]) for line in lines[:2]] == [("grant", "admin"), ("agree", "admin")]
    assert [line["action"] for line in lines[-3:]] == ["ask_papers", "add_file", "apply"]
    assert (lines[-3]["reason"], lines[-1]["by_person"]) == ("缺合同", None)


def test_papers_are_deemed_complete_after_five_working_days_and_late_steps_are_shown(marketplace, case):
    generator, _, made = case
    path = f"{ROOT}/{made['id']}"
    again = {**APPROVAL, "receiver_id": made["receiver_id"]}
    assert verdict(generator.post(ROOT, again))[:2] == (409, "application_under_way")
    marketplace.now = datetime(2026, 12, 8, 4, tzinfo=UTC)
    with marketplace.app.app_context():
        lives.make_overdue_moves()
    assert generator.get(path).json["status"] == "submitted"
    marketplace.now = datetime(2026, 12, 9, 4, tzinfo=UTC)
    with marketplace.app.app_context():
        lives.make_overdue_moves()
    assert generator.get(path).json["status"] == "at_sender"
    marketplace.now = datetime(2026, 12, 20, 4, tzinfo=UTC)
    assert generator.get(path).json["is_overdue"]
    assert [row["id"] for row in marketplace.admin.get(ROOT, overdue="true").json["items"]] == [made["id"]]
    refused = marketplace.admin.post(f"{path}/refuse", {"reason": "接受地能力不足"}).json
    assert (refused["status"], refused["steps"][-1]["was_late"]) == ("refused", True)
    paper = generator.call("POST", f"{path}/papers?kind=form", data=PDF, content_type="application/pdf")
    assert verdict(paper)[:2] == (409, "application_concluded")
    assert generator.post(ROOT, again).status_code == 201
