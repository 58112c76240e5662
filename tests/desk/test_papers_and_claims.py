"""What officers decide of papers, names and codes: kinds of the same queue, each by its own room."""

from marketplace.desk.service.deciding import VERDICTS
from tests.desk.world import WHY

OTHERS = ("profile_change", "uscc_claim", "licence", "transfer_application", "exemption_review")


def test_each_waits_with_its_words_and_deadline_and_is_gone_once_it_is_decided(desk):
    made = {kind: desk.make(kind) for kind in OTHERS}
    items = {item["kind"]: item for item in desk.items(kind=",".join(OTHERS))}
    assert {kind: item["id"] for kind, item in items.items()} == made
    assert {item["enterprise"]["region"] for item in items.values()} == {"330602"}
    assert "新名厂" in items["profile_change"]["title"]
    assert "真主" in items["uscc_claim"]["title"]
    assert "浙危废经" in items["licence"]["title"]
    assert "收废酸" in items["exemption_review"]["title"]
    assert items["transfer_application"]["title"].endswith("having its papers checked")
    assert (items["transfer_application"]["since"], items["transfer_application"]["due"]) == (
        "2026-11-30T16:00:00Z",
        "2026-12-08",
    )
    for item in items.values():
        assert desk.admin.get(item["path"]).status_code == 200, item
    assert set(desk.counts()) == {*OTHERS, "registration"}

    assert desk.decide(
        ("profile_change", made["profile_change"], "confirm"),
        ("uscc_claim", made["uscc_claim"], "uphold_claim", "执照已核对"),
        ("licence", made["licence"], "confirm"),
        ("exemption_review", made["exemption_review"], "accept", "检测报告符合"),
        ("transfer_application", made["transfer_application"], "confirm"),
    ) == [(200, None)] * 4 + [(422, "decision_not_of_kind")]
    refused = desk.admin.post(f"/transfer-applications/{made['transfer_application']}/ask-papers", WHY)
    assert refused.status_code == 200
    assert desk.ids() == [], "the applicant is to act, and who had the code was turned away"


def test_each_is_refused_with_a_reason_and_is_decided_once(desk):
    made = {kind: desk.make(kind) for kind in OTHERS}
    ends = {
        "profile_change": "refuse",
        "uscc_claim": "dismiss_claim",
        "licence": "refuse",
        "exemption_review": "refuse",
    }
    assert (
        desk.decide(*((kind, made[kind], end) for kind, end in ends.items())) == [(422, "field_required")] * 4
    )
    said = [(kind, made[kind], end, "材料不符") for kind, end in ends.items()]
    assert desk.decide(*said, by=desk.regulator) == [(403, "role_forbids")] * 4
    assert desk.decide(*said) == [(200, None)] * 4
    assert [status for status, _ in desk.decide(*said)] == [409, 409, 409, 404]
    assert {kind for kind, _ in desk.ids()} == {"registration", "transfer_application"}
    listing = desk.admin.get(f"/listings/{made['exemption_review']}").json
    assert listing["exemption_review"] == "refuse"


def test_a_change_says_old_and_new_in_the_callers_language(desk):
    desk.make("profile_change", proposed={"region": "330681", "roles": ["recycler"]}, name="旧名厂")
    answers = (desk.admin.call("GET", "/desk", headers={"Accept-Language": each}) for each in ("zh", "en"))
    assert [answer.json["items"][0]["title"] for answer in answers] == [
        "企业申请变更，待确认：角色由 产废单位 改为 利用处置单位、所在地区由 越城区 改为 诸暨市",
        "Change to be confirmed: roles from generator to recycler, region from 越城区 to 诸暨市",
    ]


def test_a_claim_is_for_admins_alone(desk):
    made = {kind: desk.make(kind) for kind in OTHERS}
    seen = {*OTHERS, "registration"} - {"uscc_claim"}
    assert {kind for kind, _ in desk.ids(desk.regulator)} == seen
    assert "uscc_claim" not in {each["kind"] for each in desk.page(desk.regulator)["counts"]}
    assert desk.page(desk.regulator, kind="uscc_claim")["items"] == []
    assert desk.page(desk.regulator, kind="uscc_claim", assigned="me", sort="due")["items"] == []
    claim = ("uscc_claim", made["uscc_claim"])
    assert desk.assign(*claim, "me", by=desk.regulator).status_code == 404
    assert desk.assign(*claim, desk.regulator.id).json["code"] == "unknown_officer"
    assert desk.assign(*claim, "me").status_code == 200
    assert desk.assign("licence", made["licence"], desk.regulator.id).status_code == 200
    kinds = {
        kind: {one["kind"] for one in desk.admin.get("/desk/officers", kind=kind).json["items"]}
        for kind in ("uscc_claim", "licence")
    }
    assert kinds == {"uscc_claim": {"admin"}, "licence": {"admin", "regulator"}}


def test_what_is_said_to_many_at_once_needs_no_reason_of_its_own():
    alike = {
        (str(kind), str(decision))
        for kind, verdicts in VERDICTS.items()
        for decision, verdict in verdicts.items()
        if verdict.is_alike
    }
    assert alike == {
        ("registration", "approve"), ("receiver_registration", "confirm"), ("transporter_paper", "verify"),
        ("grade_change", "see"), ("profile_change", "confirm"),
    }  # fmt: skip
    assert not [(kind, decision) for kind, decision in alike if VERDICTS[kind][decision].needs_reason]
