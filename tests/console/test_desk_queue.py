"""The one queue of the desk on pages: filters, officers, many at once, and from one item to the next."""

import pytest

from tests.console.hand import Hand
from tests.console.people import id_of, staff_browser
from tests.counting import count_statements
from tests.desk.world import Desk

HANGZHOU = {"region": "330102", "location": {"lon": 120.17, "lat": 30.25, "crs": "wgs84"}}


def make_desk(marketplace):
    """Papers and claims that wait, and an officer who recorded none of them."""
    desk = Desk(marketplace)
    with marketplace.at_its_time():
        desk.changes = [desk.make("profile_change", name=f"旧名{number}厂") for number in "一二三四"]
        desk.licence, desk.claim = desk.make("licence"), desk.make("uscc_claim")
        desk.application, desk.review = desk.make("transfer_application"), desk.make("exemption_review")
        desk.second_id = id_of(desk.second)
        desk.browser = staff_browser(marketplace, desk.second_id, "13900139003")
        desk.city = staff_browser(marketplace, desk.regulator.id, "13900139004")
    marketplace.desk = desk
    return marketplace


@pytest.fixture
def desk(kept):
    with kept(make_desk) as marketplace, marketplace.at_its_time():
        marketplace.desk.browser.get("/desk?lang=zh")
        yield marketplace.desk


def further(desk, count):
    """As many further changes as ticks of the queue."""
    return [f"profile_change.{desk.make('profile_change', name='他厂')}" for _ in range(count)]


def test_each_item_shows_what_decides_it_and_the_way_on(desk):
    said = {
        f"/desk/profile_change/{desk.changes[0]}": ("旧名一厂", "新名厂", "变更前", "以往的变更申请"),
        f"/desk/licence/{desk.licence}": ("浙危废经", "HW34", "该企业的全部许可证"),
        f"/desk/uscc_claim/{desk.claim}": ("真主", "wang@example.com", "异议成立"),
        f"/desk/exemption_review/{desk.review}": ("收废酸", "豁免清单第 1 项"),
        f"/transfers/{desk.application}": ("由我承办", "材料核对中"),
    }
    for path, words in said.items():
        page = desk.browser.get(path).page
        assert page.faults == []
        assert [word for word in (*words, "下一项", "返回待办") if word not in page.text] == [], path


def test_an_officer_goes_from_one_item_to_the_next_within_the_filter(desk):
    hand = Hand(desk.browser, "/desk?kind=profile_change&sort=since&assigned=none")
    hand.click("企业申请变更，待确认：名称由 旧名一厂")
    hand.fill(decision="refuse").press("不予通过")
    assert "旧名一厂" in hand.page.text, "not without a reason"
    hand.fill(decision="refuse", reason="材料不符").press("不予通过")
    assert "旧名二厂" in hand.page.text
    assert "已决定：不予通过" in hand.page.text
    hand.click("下一项")
    assert "旧名三厂" in hand.page.text
    assert "已决定" not in hand.page.text
    hand.fill(decision="confirm").press("确认")
    hand.fill(decision="confirm").press("确认")
    assert "旧名二厂" in hand.page.text, "from the last to the first"
    hand.fill(decision="confirm").press("确认")
    assert "没有符合筛选条件的待办" in hand.page.text
    assert "企业信息变更 0" in hand.page.text
    assert "kind=profile_change" in hand.at
    gone = desk.browser.get(f"/desk/profile_change/{desk.changes[0]}?kind=profile_change,licence")
    assert (gone.status, gone.page.faults) == (404, [])
    hand.go(f"/desk/profile_change/{desk.changes[0]}/next?kind=licence")
    assert "浙危废经" in hand.page.text


def test_a_kind_with_a_page_of_its_own_leads_there_and_back_to_the_queue_as_it_was(desk):
    to = desk.browser.get(f"/desk/transfer_application/{desk.application}?assigned=none&sort=since").location
    assert to == f"/transfers/{desk.application}?assigned=none&sort=since"
    links = desk.browser.get(to).page.links("")
    assert "/desk?assigned=none&sort=since" in links
    assert f"/desk/transfer_application/{desk.application}/next?assigned=none&sort=since" in links
    taken = desk.browser.post(f"/desk/transfer_application/{desk.application}/assign", to="me")
    assert taken.status == 303
    assert desk.ids(desk.second, assigned="me") == [("transfer_application", desk.application)]
    owner_sees = desk.city.get(f"/transfers/{desk.application}").page
    assert "由我承办" in owner_sees.text


def test_a_step_on_a_page_of_its_own_leads_on_within_the_filter(desk):
    query = "kind=licence%2Ctransfer_application&assigned=none&sort=since"
    other = desk.make("transfer_application", name="他厂")
    hand = Hand(desk.browser, f"/desk/transfer_application/{desk.application}?{query}")
    assert "该步骤已登记" not in hand.page.text
    hand.press("材料齐全，受理")
    assert "该步骤已登记。以下为下一项。" in hand.page.text
    assert hand.at.startswith(f"/transfers/{other}?")
    assert f"/desk/transfer_application/{other}/next?{query}" in hand.page.links("")
    hand.fill(reason="").press("要求补正")
    assert hand.page.faults == []
    assert "下一项" in hand.page.text, "refused: the same page again"
    hand.fill(reason="缺合同").press("要求补正")
    assert "浙危废经" in hand.page.text or hand.at.startswith(f"/transfers/{desk.application}?")
    hand.go(f"/transfers/{desk.application}").press("已商请接受地")
    assert hand.at == f"/transfers/{desk.application}", "from elsewhere it stays on its page"
    plain = desk.browser.get(f"/desk/transfer_application/{desk.application}").location
    assert plain == f"/transfers/{desk.application}?sort=due"


def test_after_the_last_step_of_the_filter_the_queue_says_so(desk):
    application, query = desk.make("transfer_application"), f"assigned={desk.regulator.id}"
    assert desk.assign("transfer_application", application, desk.regulator.id).status_code == 200
    hand = Hand(desk.browser, f"/desk/transfer_application/{application}?{query}")
    hand.fill(reason="缺合同").press("要求补正")
    assert "该步骤已登记。" in hand.page.text
    assert "没有符合筛选条件的待办" in hand.page.text
    assert "/desk" in hand.page.links("")
    assert hand.at == f"/desk?{query}&decided=step"


def test_what_stays_on_its_item_keeps_the_filter(desk):
    repair, ending = desk.make("repair"), desk.make("expiring_evaluation")
    later = desk.make("expiring_evaluation", published_on="2024-12-30")
    query = "kind=expiring_evaluation%2Crepair&sort=since"
    hand = Hand(desk.browser, f"/desk/repair/{repair}?{query}")
    assert hand.fill(reason="须现场核查").press("延长至 20 个工作日").at == f"/desk/repair/{repair}?{query}"
    hand.go(f"/desk/expiring_evaluation/{ending}?{query}").press("生成预览")
    assert hand.at == f"/desk/expiring_evaluation/{ending}?{query}"
    desk.marketplace.settle()
    hand.go(hand.at).press("公布")
    assert hand.at == f"/desk/expiring_evaluation/{later}?{query}&decided=step"
    assert "该步骤已登记。以下为下一项。" in hand.page.text


def test_a_move_into_a_region_leads_its_officer_nowhere_that_is_not_hers(desk):
    moving = desk.make("profile_change", name="迁入厂", proposed=HANGZHOU)
    there = staff_browser(desk.marketplace, desk.marketplace.regulator("330100").id, "13900139005")
    for path in ("/desk?lang=zh", f"/desk/profile_change/{moving}", "/desk/changes"):
        page = there.get(path).page
        assert page.faults == []
        assert "迁入厂" in page.text
        assert not [link for link in page.links("") if link.startswith("/enterprises/")], path
    at = f"/desk/profile_change/{moving}"
    assert "(本人)" in there.get(at).page.text, "she may take it"
    owner = desk.browser.get(at).page.links("")
    assert [link for link in owner if link.startswith("/enterprises/")]
    assert there.post(f"{at}/assign", to="me").location == at


def test_the_page_of_an_enterprise_says_what_waits_about_it(desk):
    firm = desk.marketplace.enterprise("generator", name="多事厂")
    path = f"/enterprises/{firm.id}"
    nothing = desk.browser.get(path).page
    assert (nothing.faults, "没有待办事项" in nothing.text) == ([], True)
    change = firm.patch(path, {"name": "新多事厂"}).json["proposal"]["id"]
    block = desk.admin.post("/credit/blocks", {"enterprise_id": firm.id, "reason": "x"}).json["id"]
    for browser in (desk.browser, desk.city):
        with count_statements() as sent:
            page = browser.get(path).page
        assert len(sent) <= 8, sent
        assert page.faults == []
        waiting = {link for link in page.links("") if link.startswith("/desk/")}
        assert {f"/desk/profile_change/{change}", f"/desk/provisional_block/{block}"} <= waiting
        assert "名称由 多事厂 改为 新多事厂" in page.text
    others = [each for each in waiting if each.count("/") == 3]
    assert len(others) == 2, "nothing about others"


def test_several_of_any_kind_are_taken_and_found_by_their_officer(desk):
    left, *taken = further(desk, 3)
    left = left.partition(".")[2]
    items = [*taken, f"licence.{desk.licence}", "licence.no id", "nonsense"]
    done = desk.browser.post("/desk/assign?sort=since", item=items, to=desk.regulator.id)
    assert (done.status, done.page.faults) == (200, [])
    assert "已指定承办 3 项" in done.page.text
    for browser, officer in ((desk.city, "me"), (desk.browser, desk.regulator.id)):
        listed = browser.get(f"/desk?assigned={officer}").page
        assert "浙危废经" in listed.text
        assert left not in listed.html
    assert desk.browser.get("/desk?assigned=nonsense").status == 200
    refused = desk.browser.post("/desk/assign", item=[f"uscc_claim.{desk.claim}"], to=desk.regulator.id)
    assert "无权查看此事项" in refused.page.text
    assert "至少勾选一项" in desk.browser.post("/desk/assign", to="me").page.text
    at = desk.browser.get("/desk/assign?kind=licence&lang=en")
    assert (at.status, at.location) == (303, "/desk?kind=licence&lang=en"), "a link of the page that was sent"
    back = desk.browser.post("/desk/assign", item=items, to="")
    assert back.status == 200
    assert desk.ids(desk.regulator, assigned="me") == []


def test_many_are_decided_alike_only_where_none_is_owed_a_reason_of_its_own(desk):
    for kind in ("licence", "uscc_claim", "exemption_review", "transfer_application"):
        page = desk.browser.get(f"/desk?kind={kind}").page
        assert page.faults == []
        assert not [each for each in page.all("button") if each.get("name") == "decision"], kind
    refused = desk.browser.post(
        "/desk?kind=licence", kind="licence", decision="confirm", item=f"licence.{desk.licence}"
    )
    assert (refused.status, refused.page.faults) == (422, [])
    assert "须逐件" in refused.page.text
    ticked, queue = further(desk, 3), "/desk?kind=profile_change"
    sent = {"kind": "profile_change", "decision": "confirm", "item": ticked}
    assert desk.browser.post(queue, **{**sent, "decision": "refuse"}).status == 422
    assert desk.city.post(queue, **sent).status == 403
    done = desk.browser.post(queue, **{**sent, "item": [*ticked, f"licence.{desk.licence}"]})
    assert "已处理 3 项" in done.page.text
    assert not {f"{kind}.{row_id}" for kind, row_id in desk.ids()} & set(ticked)
    assert desk.ids(kind="licence") == [("licence", desk.licence)]


def test_a_claim_is_upheld_at_the_desk_and_an_exemption_only_as_it_was_seen(desk):
    path = f"/desk/exemption_review/{desk.review}"
    assert desk.browser.post(path, decision="accept", reason="符合", version="999").status == 412
    assert desk.browser.post(path, decision="accept", reason="").status == 422
    assert desk.browser.post(path, decision="accept", reason="检测报告符合").status == 303
    assert desk.browser.post(path, decision="refuse", reason="再看").status == 404, "decided once"
    shown = desk.admin.get(f"/listings/{desk.review}").json
    assert shown["exemption_review"] == "accept"
    claim = f"/desk/uscc_claim/{desk.claim}"
    assert desk.city.get(claim).status == 404
    assert desk.city.post(claim, decision="uphold_claim", reason="x").status == 404
    assert desk.browser.post(claim, decision="uphold_claim", reason="执照已核对").status == 303
    assert desk.ids(kind="uscc_claim,registration") == []
