"""The queue: what waits appears and vanishes by itself, in one order, to whom it concerns."""

import random
from datetime import timedelta

import pytest

from tests.desk.world import KINDS, OF_ADMINS
from tests.effort import EFFORT

ENDS = {
    "registration": ("approve", ""),
    "receiver_registration": ("confirm", ""),
    "transporter_paper": ("verify", ""),
    "appeal": ("overturn", "已核实"),
    "repair": ("refuse", "已核实"),
    "provisional_block": ("confirm", ""),
    "grade_change": ("see", ""),
}


@pytest.mark.parametrize(("kind", "decision", "reason"), [(kind, *end) for kind, end in ENDS.items()])
def test_an_item_appears_and_is_gone_once_it_is_decided(desk, kind, decision, reason):
    subject_id = desk.make(kind)

    (item,) = desk.items(kind=kind)
    assert (item["kind"], item["id"]) == (kind, subject_id)
    assert item["enterprise"]["region"] == "330602"
    assert item["title"]
    assert desk.counts() == {kind: 1}
    assert desk.admin.get(item["path"]).status_code == 200

    assert desk.decide((kind, subject_id, decision, reason), by=desk.second) == [(200, None)]
    assert desk.ids(kind=kind) == []


def test_an_evaluation_that_ends_soon_waits_until_a_later_one_is_published(desk):
    firm = desk.marketplace.enterprise("generator")
    evaluation_id = desk.make("expiring_evaluation", firm=firm)
    desk.make("expiring_evaluation", published_on="2025-02-15")

    (item,) = desk.items(kind="expiring_evaluation")
    assert (item["id"], item["due"], item["since"]) == (evaluation_id, "2026-12-20", "2026-10-20T16:00:00Z")
    assert desk.admin.get(item["path"]).json["valid_until"] == "2026-12-20"

    desk.make("expiring_evaluation", published_on="2026-11-30", firm=firm)
    assert desk.ids(kind="expiring_evaluation") == []


def test_an_evaluation_comes_to_the_desk_sixty_days_before_its_end_and_goes_with_it(desk):
    desk.make("expiring_evaluation", published_on="2025-02-01")
    assert desk.ids(kind="expiring_evaluation") == []

    desk.marketplace.wait(days=1)
    assert desk.ids(kind="expiring_evaluation") == []
    desk.marketplace.wait(days=1)
    assert len(desk.ids(kind="expiring_evaluation")) == 1
    desk.marketplace.wait(days=60)
    assert desk.ids(kind="expiring_evaluation") == []


def test_an_entry_about_an_unknown_code_waits_until_somebody_has_it(desk):
    pending = desk.marketplace.enterprise("generator", approved=False)
    entry_id = desk.make("unmatched_entry", uscc=pending.number)

    (item,) = desk.items(kind="unmatched_entry")
    assert (item["id"], item["enterprise"], item["region"]) == (entry_id, None, pending.number[2:8])
    assert pending.number in item["title"]
    assert [entry["id"] for entry in desk.admin.get(item["path"]).json["items"]] == [entry_id]

    assert desk.decide(("registration", pending.id, "approve")) == [(200, None)]
    desk.marketplace.settle()
    assert desk.ids(kind="unmatched_entry") == []


def test_a_repair_says_whether_it_is_to_be_checked_or_to_be_decided(desk):
    repair_id = desk.make("repair")
    asked = desk.items(kind="repair")[0]["title"]
    assert desk.decide(("repair", repair_id, "check", "现场核查合格"), by=desk.regulator) == [(200, None)]
    checked = desk.items(kind="repair")[0]["title"]

    assert "to be checked" in asked
    assert "to be decided" in checked
    assert desk.decide(("repair", repair_id, "grant", "已核实"), by=desk.second) == [(200, None)]
    assert desk.ids(kind="repair") == []


def test_titles_are_in_the_callers_language(desk):
    desk.make("appeal")
    item = desk.admin.call("GET", "/desk", headers={"Accept-Language": "zh"}).json["items"][0]
    assert item["title"].startswith("申诉待决定：")


def test_a_change_of_grade_is_from_what_was_seen_last_to_what_is_now(desk):
    firm = desk.marketplace.enterprise("generator")
    change_id = desk.make("grade_change", firm=firm)
    assert desk.items(kind="grade_change")[0]["title"] == "Credit grade changed from B to C"

    desk.marketplace.wait(hours=1)
    second = desk.marketplace.credit_event(firm, "law.penalty_major")
    desk.marketplace.settle()
    (item,) = desk.items(kind="grade_change")
    assert (item["id"], item["title"]) == (change_id, "Credit grade changed from B to D")
    assert item["since"] == "2026-12-01T05:00:00Z"

    assert desk.decide(("grade_change", change_id, "see"), by=desk.regulator) == [(200, None)]
    assert desk.decide(("grade_change", change_id, "see"), by=desk.regulator) == [(404, "not_found")]
    withdrawn = desk.second.post(f"/credit/events/{second['id']}/withdraw", {"reason": "录错企业"})
    assert withdrawn.status_code == 200
    desk.marketplace.settle()
    assert [item["title"] for item in desk.items(kind="grade_change")] == ["Credit grade changed from D to C"]


def test_a_grade_that_comes_back_leaves_nothing_to_see(desk):
    firm = desk.marketplace.enterprise("generator")
    event = desk.marketplace.credit_event(firm, "law.penalty_major")
    desk.marketplace.settle()
    assert len(desk.ids(kind="grade_change")) == 1
    assert desk.second.post(f"/credit/events/{event['id']}/withdraw", {"reason": "录错"}).status_code == 200
    desk.marketplace.settle()
    assert desk.ids(kind="grade_change") == []


def test_a_change_of_grade_that_nobody_saw_leaves_the_desk_after_thirty_days(desk):
    desk.make("grade_change")
    desk.marketplace.now += timedelta(days=30)
    assert desk.ids(kind="grade_change") == []


def test_a_registration_is_due_when_it_lapses(desk):
    desk.make("registration")
    (item,) = desk.items(kind="registration")
    assert (item["since"], item["due"]) == ("2026-12-01T04:00:00Z", "2026-12-31")


def test_pages_are_exact_across_kinds_of_the_same_moment_and_of_others(desk):
    """Nothing comes twice and nothing is left out, however long a page is; a moment may have many items."""
    draw = random.Random(1)
    made = []
    for _ in range(2):
        made += [*desk.make_all().items(), *desk.make_all().items()]
        desk.marketplace.wait(hours=draw.choice([1, 13, 30]))
    in_order = desk.items()
    assert sorted(item["since"] for item in in_order) == [item["since"] for item in in_order]
    assert set(made) <= set(desk.ids())

    for sort, few in (("since", (1, 7)), ("due", (2,))):
        whole = desk.ids(sort=sort)
        assert len(set(whole)) == len(whole) < 100
        for limit in few if EFFORT < 1 else (1, 2, 5, 7):
            assert desk.walked(limit, sort=sort) == whole, (sort, limit)


def test_by_deadline_what_has_none_comes_last_in_the_order_of_waiting(full_desk):
    items = full_desk.items(sort="due")
    dues = [item["due"] for item in items]
    dated = [due for due in dues if due]
    assert dated == sorted(dated)
    assert dues[len(dated) :] == [None] * (len(dues) - len(dated))
    waiting = [item["since"] for item in items[len(dated) :]]
    assert waiting == sorted(waiting)


def test_a_regulator_sees_its_region_and_members_see_no_desk(full_desk):
    made = {item for item in full_desk.made.items() if item[0] not in OF_ADMINS}
    assert made <= set(full_desk.ids(full_desk.regulator))
    assert full_desk.ids() == full_desk.ids(region="330600")
    seen = [item for item in full_desk.ids() if item[0] not in OF_ADMINS]
    assert full_desk.ids(full_desk.regulator) == seen
    assert full_desk.ids(full_desk.stranger) == full_desk.ids(region="310000") == []
    assert full_desk.ids(full_desk.regulator, region="310000") == []
    counts = full_desk.counts()
    expected = {name: counts[name] for name in counts if name not in OF_ADMINS}
    assert full_desk.counts(full_desk.regulator) == expected
    assert full_desk.counts(full_desk.stranger) == {}
    member = full_desk.marketplace.enterprise("generator")
    for path in ("/desk", "/desk/export"):
        assert member.get(path).status_code == 403


def test_kinds_are_chosen_and_counts_are_of_all_kinds(full_desk):
    kinds = {item["kind"] for item in full_desk.items(kind="appeal,repair")}
    assert kinds == {"appeal", "repair"}
    assert set(full_desk.counts(kind="appeal")) == set(KINDS)
    first = full_desk.page(limit=1)
    assert "counts" not in full_desk.page(limit=1, cursor=first["next"])
    assert full_desk.admin.get("/desk", kind="nonsense").status_code == 422


def test_a_cursor_continues_only_the_list_that_it_is_of(full_desk):
    cursor = full_desk.page(limit=1)["next"]
    assert full_desk.admin.get("/desk", cursor=cursor, sort="due").json["code"] == "bad_cursor"
    assert full_desk.second.get("/desk", cursor=cursor).json["code"] == "bad_cursor"


def test_a_warning_waits_as_long_as_the_risk_does(desk):
    firm_id = desk.make("early_warning")
    (item,) = desk.items(by=desk.regulator, kind="early_warning")
    assert item["id"] == item["enterprise"]["id"] == firm_id
    assert "19 %" in item["title"]
    assert desk.ids(by=desk.stranger, kind="early_warning") == []
    assert desk.assign("early_warning", firm_id, "me").status_code == 200
    assert desk.decide(("early_warning", firm_id, "see")) == [(422, "decision_not_of_kind")]
    assert desk.ids(kind="early_warning", assigned="me") == [("early_warning", firm_id)]
