"""The work of the staff by pages only: every kind of item, enterprises, policy, operations; rights."""

import re
from uuid import UUID

import pytest

from marketplace.appeals.models import Appeal
from marketplace.console.pages import policy
from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.http.histories import history_for
from tests.console.hand import Hand
from tests.console.people import Browser, browser_of, id_of, staff_browser
from tests.console.private import STAFF_PAGES
from tests.counting import count_statements
from tests.desk.world import KINDS, OF_ADMINS, Desk

MOST_BYTES, MOST_STATEMENTS = 60_000, 8
HOSTILE = "<script>alert('废')</script>厂"
LANGUAGES = ("zh", "en")
PARTS = ("profile", "credit", "supervision", "trade")


def make_desk(marketplace):
    """Items of every kind, an admin, a regulator of the region and one of elsewhere, in browsers."""
    desk = Desk(marketplace)
    with marketplace.at_its_time():
        desk.ids_by_kind = desk.make_all()
        marketplace.supply(marketplace.enterprise("generator", name=HOSTILE), title=HOSTILE)
        desk.browser = staff_browser(marketplace, id_of(marketplace.admin), "13900139000")
        desk.of_region = staff_browser(marketplace, desk.regulator.id, "13900139001")
        desk.of_elsewhere = staff_browser(marketplace, desk.stranger.id, "13900139002")
        desk.member = browser_of(marketplace.enterprise("generator"), "13800138000")
        marketplace.desk = desk
    return marketplace


@pytest.fixture
def town(kept):
    with kept(make_desk) as marketplace, marketplace.at_its_time():
        marketplace.desk.browser.get("/desk?lang=zh")
        yield marketplace.desk


ON_PAGES_OF_THEIR_OWN = ("overdue_rectification", "recheck", "transfer_application")
ON_THE_DESK = [kind for kind in KINDS if kind not in ON_PAGES_OF_THEIR_OWN]


def address(desk, kind):
    return f"/desk/{kind}/{desk.ids_by_kind[kind]}"


def shown(browser, path):
    """A page without its redirect."""
    found = browser.get(path)
    return browser.get(found.location) if found.location else found


def sound(browser, path, lang):
    """A page that is there, well formed, small and kept by nobody."""
    found = browser.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    assert found.status == 200, path
    assert found.page.faults == [], path
    assert len(found.response.get_data()) < MOST_BYTES, path
    assert found.response.headers["Cache-Control"] == "no-store"
    assert "<script>" not in found.response.get_data(as_text=True)
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_page_of_the_staff_is_sound_in_both_languages(town, lang):
    firm = town.page()["items"][0]["enterprise"]["id"]
    paths = [*STAFF_PAGES, *(address(town, kind) for kind in ON_THE_DESK)]
    paths += [f"/inspections/{town.ids_by_kind[kind]}" for kind in ON_PAGES_OF_THEIR_OWN[:2]]
    paths += [f"/transfers/{town.ids_by_kind['transfer_application']}"]
    paths += [f"/enterprises/{firm}?part={part}" for part in PARTS]
    paths += [f"/enterprises/{firm}/record", "/desk?kind=appeal&assigned=none&sort=since&region=330602"]
    for path in paths:
        sound(town.browser, path, lang)


def test_each_page_of_the_staff_costs_few_statements(town):
    firm = town.page()["items"][0]["enterprise"]["id"]
    most = dict(STAFF_PAGES)
    most |= {address(town, kind): MOST_STATEMENTS for kind in ON_THE_DESK}
    most |= {f"/inspections/{town.ids_by_kind['recheck']}": MOST_STATEMENTS}
    most |= {f"/enterprises/{firm}?part={part}": MOST_STATEMENTS for part in PARTS}
    dear = {}
    for path, allowed in most.items():
        town.browser.get(path)
        with count_statements() as statements:
            town.browser.get(path)
        if len(statements) > allowed:
            dear[path] = len(statements)
    assert not dear


# ---------------------------------------------------------------- in whose sight


def test_a_regulator_sees_its_region_and_nothing_of_others(town):
    seen = {}
    for kind in ON_THE_DESK:
        seen[kind] = (
            town.of_region.get(address(town, kind)).status,
            town.of_elsewhere.get(address(town, kind)).status,
        )
    unmatched = seen.pop("unmatched_entry")
    assert {seen.pop(kind) for kind in OF_ADMINS} == {(404, 404)}
    assert set(seen.values()) == {(200, 404)}, seen
    assert unmatched[1] == 404
    assert not re.findall(r'"/desk/\w+/', town.of_elsewhere.get("/desk").page.html)
    for item in town.items(kind="registration,appeal"):
        path = f"/enterprises/{item['enterprise']['id']}"
        assert (town.of_region.get(path).status, town.of_elsewhere.get(path).status) == (200, 404)
    assert not re.findall(r"/enterprises/[0-9a-f-]{36}", town.of_elsewhere.get("/enterprises").page.html)


def test_a_regulator_is_told_that_policy_and_operations_are_of_admins(town):
    for path in ("/policy", "/policy/rules", "/operations"):
        refused = town.of_region.get(path)
        assert refused.status == 403
        assert "仅限" in refused.page.text
    assert "/operations" not in town.of_region.get("/desk").page.links("")
    assert "/operations" in town.browser.get("/desk").page.links("")


def test_an_enterprise_is_told_that_pages_of_the_staff_are_not_its_own(town):
    firm = town.items(kind="registration")[0]["enterprise"]["id"]
    paths = ["/desk", "/enterprises", "/policy", "/policy/rules", "/operations", f"/enterprises/{firm}"]
    for path in [*paths, *(address(town, kind) for kind in KINDS)]:
        refused = town.member.get(path)
        assert refused.status == 403, path
        assert refused.page.faults == []
        assert "仅限" in refused.page.text
    posts = [address(town, kind) for kind in KINDS] + [
        f"/enterprises/{firm}/{name}" for name in ("suspend", "approve", "block", "record")
    ]
    for path in [*posts, "/desk", "/policy", "/policy/rules", "/operations/replay"]:
        assert town.member.post(path, decision="approve", reason="因为").status == 403, path
    assert town.member.get(f"/inspections/{town.ids_by_kind['recheck']}").status == 404


def test_a_regulator_decides_nothing_that_is_not_its_own(town):
    for kind, decision in (
        ("registration", "approve"),
        ("appeal", "overturn"),
        ("provisional_block", "confirm"),
    ):
        assert town.of_region.post(address(town, kind), decision=decision, reason="已核实").status == 403
        assert town.of_elsewhere.post(address(town, kind), decision=decision, reason="已核实").status in (
            403,
            404,
        )
    firm = town.items(kind="registration")[0]["enterprise"]["id"]
    for name in ("suspend", "approve", "block"):
        assert town.of_region.post(f"/enterprises/{firm}/{name}", reason="因为").status == 403
    assert len(town.items(kind="registration,appeal,provisional_block")) >= 3


def test_four_eyes_are_said_before_anything_is_pressed(town):
    """The admin of these pages recorded the event and placed the block."""
    for kind in ("appeal", "repair", "provisional_block"):
        page = town.browser.get(address(town, kind)).page
        assert "双人复核：该事项由您录入或核查" in page.text, kind
        pressed = {button.get("value") for button in page.all("button") if button.get("name") == "decision"}
        assert not pressed & {"uphold", "overturn", "grant", "refuse", "confirm"}, kind
    refused = town.browser.post(address(town, "appeal"), decision="overturn", reason="已核实")
    assert refused.status == 409
    assert refused.page.faults == []


# ---------------------------------------------------------------- decided by pages


@pytest.fixture
def desk(marketplace):
    with marketplace.at_its_time():
        desk = Desk(marketplace)
        desk.second_id = id_of(desk.second)
        desk.browser = staff_browser(marketplace, desk.second_id, "13900139003")
        yield desk


DECISIONS = {
    "registration": ("approve", ""),
    "receiver_registration": ("refuse", "材料不全"),
    "transporter_paper": ("verify", ""),
    "appeal": ("uphold", "证据充分"),
    "repair": ("refuse", "未整改"),
    "provisional_block": ("confirm", ""),
    "grade_change": ("see", ""),
    "profile_change": ("confirm", ""),
    "licence": ("confirm", ""),
    "exemption_review": ("accept", "检测报告符合"),
}


def test_each_kind_is_decided_on_its_page_and_gone_from_the_desk(desk):
    made = {kind: desk.make(kind) for kind in DECISIONS}
    for kind, (decision, reason) in DECISIONS.items():
        path = f"/desk/{kind}/{made[kind]}"
        path += f"?kind={kind}"
        assert path in desk.browser.get(f"/desk?kind={kind}").page.links("")
        done = desk.browser.post(path, decision=decision, reason=reason)
        assert (done.status, done.location) == (303, f"/desk?kind={kind}&decided={decision}"), kind
        assert "已决定" in desk.browser.get(done.location).page.text
        again = desk.browser.post(path, decision=decision, reason=reason or "再次")
        assert again.status == 404, "pressed twice"
        assert "已办结" in again.page.text
        assert desk.ids(kind=kind) == []


def test_staff_reads_which_officer_decided_an_appeal_and_its_enterprise_that_the_platform_did(desk):
    appeal_id = desk.make("appeal")
    done = desk.browser.post(f"/desk/appeal/{appeal_id}", decision="uphold", reason="证据充分")
    assert done.status == 303
    path = f"/credit/appeals/{appeal_id}"
    enterprise_id = desk.marketplace.admin.get(path).json["enterprise_id"]
    decided = desk.marketplace.admin.get(f"{path}/history").json["items"][0]
    assert (decided["action"], decided["actor"], decided["enterprise_id"]) == (
        "decide_uphold",
        "admin",
        None,
    )
    assert decided["by_person"]["name"] == "李工"
    profile = desk.browser.get(f"/enterprises/{enterprise_id}").page
    assert profile.faults == []
    with desk.marketplace.app.test_request_context():
        told = history_for(Actor(ENTERPRISE, UUID(enterprise_id)), Appeal.__tablename__, UUID(appeal_id), 9)
    assert {line["by_person"] for line in told} == {None}
    assert told[0]["reason"] == "证据充分"


def test_a_reason_that_is_missing_is_said_beside_the_field_and_what_was_typed_stays(desk):
    path = f"/desk/registration/{desk.make('registration')}"
    refused = desk.browser.post(path, decision="reject", reason=" ")
    assert refused.status == 422
    assert refused.page.faults == []
    (area,) = [each for each in refused.page.all("textarea") if each["name"] == "reason"]
    assert area["aria-invalid"] == "true"
    long = desk.browser.post(path, decision="reject", reason="长" * 501)
    assert (long.status, "长" * 501 in long.page.text) == (422, True)


def test_a_registration_that_changed_meanwhile_is_not_decided(desk):
    firm = desk.make("registration")
    path = f"/desk/registration/{firm}"
    html = desk.browser.get(path).response.get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', html)[1]
    stale = desk.browser.post(path, decision="approve", version=int(version) + 1)
    assert stale.status == 412
    assert desk.ids(kind="registration") == [("registration", firm)]
    assert desk.browser.post(path, decision="approve", version=version).status == 303


def test_several_are_decided_at_once_and_one_refusal_stops_no_other(desk):
    made = [desk.make("registration") for _ in range(2)]
    assert "勾选" in desk.browser.get("/desk?kind=registration").page.text
    nothing = desk.browser.post("/desk?kind=registration", kind="registration", decision="approve")
    assert "至少勾选一项" in nothing.page.text
    items = [f"registration.{each}" for each in (*made, UUID(int=7), "no id")]
    done = desk.browser.post("/desk?kind=registration", kind="registration", decision="approve", item=items)
    assert (done.status, done.page.faults) == (200, [])
    assert "已处理 2 项" in done.page.text
    assert len([note for note in done.page.all("p") if note.get("role") == "alert"]) == 1
    assert desk.ids(kind="registration") == []


def test_an_item_is_taken_and_given_back(desk):
    path = f"/desk/appeal/{desk.make('appeal')}"
    assert desk.browser.post(f"{path}/assign", to=desk.second_id).status == 303
    assert desk.page(desk.second, assigned="me")["items"] != []
    assert desk.browser.post(f"{path}/assign", to=str(UUID(int=9))).status == 422
    assert desk.browser.post(f"{path}/assign", to="").status == 303
    assert desk.page(desk.second, assigned="me")["items"] == []


def test_a_complex_repair_takes_longer_and_is_checked_then_granted_by_two(desk):
    repair_id = desk.make("repair")
    path = f"/desk/repair/{repair_id}"
    assert desk.browser.post(f"{path}/extend", reason="涉及多地").status == 303
    assert desk.browser.post(f"{path}/extend", reason="再次").status == 409
    assert desk.browser.post(path, decision="check", reason="现场核查合格").status == 303
    page = desk.browser.get(path).page
    assert "双人复核：该事项由您录入或核查" in page.text
    assert desk.browser.post(path, decision="grant", reason="同意").status == 409


# ---------------------------------------------------------------- from a review to the board


def test_an_admin_goes_from_review_to_decision_to_board_by_pages_alone(desk):
    firm_id = desk.make("registration", name="失信厂")
    assert desk.browser.post(f"/desk/registration/{firm_id}", decision="approve").status == 303
    form = {"effective_on": "2026-08-20", "decided_on": "2026-08-01", "served_on": "2026-08-20",
            "authority": "绍兴市生态环境局", "note": "超标排放", "rule": "law.penalty_major"}  # fmt: skip
    for number in range(2):
        document = f"绍环罚决〔2026〕页{number}号"
        sent = desk.browser.post(f"/enterprises/{firm_id}/record", **form, document=document)
        assert sent.location == f"/enterprises/{firm_id}?part=credit"
    twice = desk.browser.post(f"/enterprises/{firm_id}/record", **form, document=document)
    assert (twice.status, twice.page.faults) == (409, [])
    story = desk.browser.get(f"/enterprises/{firm_id}?part=credit").page
    assert document in story.text
    assert "失信厂" not in desk.browser.get("/board").page.text, "it may still appeal"
    desk.marketplace.wait(days=40)
    desk.marketplace.settle()
    with desk.marketplace.at_its_time():
        assert "失信厂" in Browser(desk.marketplace).get("/board").page.text


def test_an_admin_suspends_restores_and_blocks_with_a_reason(desk):
    firm = desk.marketplace.enterprise("generator")
    path = f"/enterprises/{firm.id}"
    assert desk.browser.post(f"{path}/suspend", reason="").status == 422
    assert desk.browser.post(f"{path}/suspend", reason="停产").location == path
    assert desk.browser.post(f"{path}/suspend", reason="再次").status == 409
    assert desk.browser.post(f"{path}/approve", reason="已恢复").status == 303
    assert desk.browser.post(f"{path}/block", reason="涉嫌造假").status == 303
    page = desk.browser.get(path).page
    assert "涉嫌造假" in page.text
    assert len(desk.ids(kind="provisional_block")) == 1
    (lift,) = [form["action"] for form in page.all("form") if form.get("action", "").endswith("/lift")]
    assert desk.browser.post(lift, reason="").status == 422
    assert desk.browser.post(lift, reason="查无此事").location == path
    assert desk.browser.post(lift, reason="再次").status == 409
    assert desk.ids(kind="provisional_block") == []
    event = desk.marketplace.credit_event(firm, "law.penalty_major")
    assert desk.browser.post(f"/enterprises/events/{event['id']}/withdraw", reason="录错企业").status == 303
    (first, *_) = desk.admin.get(f"/enterprises/{firm.id}/credit/events").json["items"][1:]
    assert first["status"] == "withdrawn"


def test_enterprises_are_found_by_name_and_code(desk):
    firm = desk.marketplace.enterprise("generator", name="独一无二厂")
    for asked in ("独一无二", firm.number):
        assert firm.id in " ".join(desk.browser.get(f"/enterprises?q={asked}").page.links(""))
    assert "未找到企业" in desk.browser.get("/enterprises?q=没有这家").page.text
    assert desk.browser.get("/enterprises?q=x%00").status == 200
    assert desk.browser.get("/enterprises?grade=Z").page.faults == []


# ---------------------------------------------------------------- policy and operations


def fields_of(page):
    """What a form would send as it is shown."""
    found = {
        each["name"]: each.get("value", "") for each in page.all("input") if each.get("type") != "checkbox"
    }
    return {name: value for name, value in found.items() if name != "q"}


def test_a_policy_is_previewed_on_real_listings_and_then_published_once(desk):
    town = desk.marketplace
    town.supply(town.enterprise("generator", name="试算供货厂"), title="试算用稀硫酸")
    for name in ("近厂", "远厂"):
        town.demand(town.recycler(name=name))
    page = desk.browser.get("/policy").page
    sent = fields_of(page) | {"cross_province": "white_list", "learned_order": "true"}
    sent |= {name: "0.1" for name in sent if name.startswith("weights.")} | {"weights.distance": "0.5"}
    before = town.admin.get("/matching-policy").json
    shown = desk.browser.post("/policy", preview="1", **sent)
    assert (shown.status, shown.page.faults) == (200, [])
    assert "试算用稀硫酸 试算供货厂" in shown.page.text
    assert "近厂" in shown.page.text
    assert [each["href"] for each in shown.page.all("a") if each.get("aria-current")][1:] == ["/policy"]
    assert town.admin.get("/matching-policy").json == before, "looked at only"
    heavy = desk.browser.post("/policy", preview="1", **{**sent, "weights.code": "0.9"})
    assert heavy.status == 422
    assert "六项权重之和须为 1。 现合计为 1.8。" in heavy.page.text
    assert desk.browser.post("/policy", preview="1", **{**sent, "push_top": "many"}).status == 422
    assert desk.browser.post("/policy", publish="1", **sent).location == "/policy"
    assert town.admin.get("/matching-policy").json["weights"]["distance"] == 0.5
    again = desk.browser.post("/policy", publish="1", **sent)
    assert again.status == 412, "pressed twice, or from a second tab"


def test_credit_rules_are_simulated_and_published_once(desk, monkeypatch):
    monkeypatch.setattr(policy, "MOST_CHANGES", 1)
    for name in ("会降级厂", "会降级厂之二"):
        firm = desk.marketplace.enterprise("generator", name=name)
        desk.marketplace.credit_event(firm, "law.penalty_minor")
    page = desk.browser.get("/policy/rules").page
    sent = {"version": fields_of(page)["version"], "law.penalty_minor.points": "-60",
            "law.penalty_minor.months": "24", "law.penalty_minor.enabled": "true"}  # fmt: skip
    shown = desk.browser.post("/policy/rules", simulate="1", **sent)
    assert (shown.status, shown.page.faults) == (200, [])
    assert "会降级厂" in shown.page.text
    assert "另有 1 家等级变化未列出" in shown.page.text
    assert (
        desk.browser.post("/policy/rules", simulate="1", **{**sent, "law.penalty_minor.points": "x"}).status
        == 422
    )
    assert desk.browser.post("/policy/rules", publish="1", **sent).status == 303
    rules = {rule["code"]: rule for rule in desk.admin.get("/credit/rules").json["items"]}
    assert rules["law.penalty_minor"]["points"] == -60
    assert desk.browser.post("/policy/rules", publish="1", **sent).status == 412


def test_a_task_that_was_given_up_is_seen_and_replayed(desk):
    number = desk.park()
    page = desk.browser.get("/operations")
    assert page.page.faults == []
    assert "<b>x</b>" in page.page.text
    assert desk.admin.get("/operations").json["parked"][0]["id"] == number
    sent = [str(number), "x", "99999999999999999999", "9" * 5000]
    done = desk.browser.post("/operations/replay", tasks=sent)
    assert done.location == "/operations?replayed=1"
    assert desk.browser.post("/operations/replay", tasks=[str(number)]).location == "/operations?replayed=0"
    assert desk.admin.get("/operations").json["parked_total"] == 0


def test_all_tasks_that_are_listed_are_replayed_by_one_press(desk):
    for _ in range(2):
        desk.park()
    assert (
        Hand(desk.browser, "/operations").fill(every="1").press("全部重新执行").at == "/operations?replayed=2"
    )
    assert desk.admin.get("/operations").json["parked_total"] == 0
