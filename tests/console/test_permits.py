"""Permits on pages: licences decided and counted, channels with tests and a book, exemptions, white list."""

from functools import cached_property
from io import BytesIO

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of, browser_of_staff, staff_browser
from tests.console.reader import read
from tests.console.trading import HOSTILE
from tests.counting import count_statements
from tests.licences.bodies import CHANNEL, LINE, TEST, VALIDITY
from tests.uploaded_files import made

MOST_BYTES, MOST_STATEMENTS = 60_000, 8
STANDARD = "H2SO4 15-25 %；铁 <1 %"
ENTERED = {
    "approval_number": "绍环定向〔2026〕1 号", "code": "900-349-34", "use": "制盐",
    "tonnes_per_year": "1,000", "standard": STANDARD, "product_use": "制盐企业除硬", **VALIDITY,
}  # fmt: skip


class Permits:
    """A plant, a receiver, and those at browsers who have to do with their permits."""

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.plant = marketplace.enterprise("generator", name="绍兴酸厂")
        self.taker = marketplace.enterprise("recycler", name="绍兴再生")

    @cached_property
    def admin(self):
        return browser_of_staff(self.marketplace)

    @cached_property
    def regulator(self):
        of_region = self.marketplace.regulator("330600")
        return staff_browser(self.marketplace, of_region.id, "13900139008")

    @cached_property
    def generator(self):
        return browser_of(self.plant, "13800138001")

    @cached_property
    def holder(self):
        return browser_of(self.taker, "13800138002")

    def handed_in(self):
        sent = self.taker.post("/licences", {"number": "浙危废经第 9 号", **VALIDITY, "lines": [LINE]})
        assert sent.status_code == 201, sent.json
        return sent.json

    def channel(self):
        sides = {"generator_id": self.plant.id, "receiver_id": self.taker.id}
        entered = self.marketplace.admin.post(
            "/channels", {**sides, **CHANNEL, "approval_number": "定向 1 号"}
        )
        assert entered.status_code == 201, entered.json
        return entered.json


@pytest.fixture
def permits(marketplace):
    with marketplace.at_its_time():
        yield Permits(marketplace)


@pytest.fixture
def shared(kept):
    with kept(with_everything) as permits, permits.marketplace.at_its_time():
        yield permits


def with_everything(marketplace):
    """Somebody with one of everything, its words hostile."""
    with marketplace.at_its_time():
        permits = Permits(marketplace)
        permits.licence_path = f"/licences/{permits.handed_in()['id']}"
        permits.channel_path = f"/channels/{permits.channel()['id']}"
        filed = permits.plant.post(f"{permits.channel_path}/tests", {**TEST, "lab": HOSTILE})
        path = f"{permits.channel_path}/tests/{filed.json['id']}/files"
        assert (
            permits.plant.call("POST", path, data=made.PDF, content_type="application/pdf").status_code == 201
        )
        entry = {"on": "2026-11-20", "code": "900-349-34", "tonnes": 0.4, "to": HOSTILE}
        assert permits.taker.post(f"{permits.channel_path}/secondary-waste", entry).status_code == 201
        of = {"code": "900-349-34", **VALIDITY}
        marketplace.admin.post("/exemptions", {"enterprise_id": permits.taker.id, "item": 1, **of})
        marketplace.admin.post(
            "/white-list", {"receiver_id": permits.taker.id, "from_province": "310000", **of}
        )
    marketplace.permits = permits
    return permits


def scan(content=made.PDF, name="扫描件.pdf", media_type="application/pdf"):
    return (BytesIO(content), name, media_type)


def pdf():
    return (lambda: BytesIO(made.PDF), "1.pdf", "application/pdf")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_page_of_permits_is_sound_small_and_cheap(shared, lang):
    paths = ["/licences", shared.licence_path, "/channels", shared.channel_path,
             f"{shared.channel_path}/secondary-waste", "/exemptions", "/exemptions?part=white_list",
             f"/channels?enterprise_id={shared.plant.id}", "/licences?status=submitted"]  # fmt: skip
    for browser in (shared.admin, shared.regulator, shared.holder, shared.generator):
        browser.get(f"/licences?lang={lang}")
        for path in paths:
            if browser is shared.generator and path == shared.licence_path:
                continue
            with count_statements() as sent:
                found = browser.get(path)
            html = found.response.get_data(as_text=True)
            assert (found.status, found.page.faults) == (200, []), path
            assert len(sent) <= MOST_STATEMENTS, path
            assert len(html) < MOST_BYTES, path
            assert "<script>alert" not in html


def test_a_licence_is_confirmed_suspended_resumed_counted_and_ended_on_its_page(permits):
    licence = permits.handed_in()
    hand = Hand(permits.admin, "/desk?kind=licence").click("危险废物经营许可证 浙危废经第 9 号")
    assert "待核验" in hand.page.text
    hand.fill(decision="confirm").press("确认")
    hand = Hand(permits.admin, f"/licences/{licence['id']}")
    assert permits.taker.get(f"/licences/{licence['id']}").json["status"] == "confirmed"
    assert hand.press("暂停使用").page.faults == []
    assert "必填" in hand.page.text, "not without a reason"
    hand.fill(reason=f"超期贮存{HOSTILE}").press("暂停使用")
    own = Hand(permits.holder, "/settings/papers").click("浙危废经第 9 号")
    assert "超期贮存" in own.page.text
    assert not own.offers("恢复使用")
    assert not own.offers("终止")
    hand.fill(reason="整改完成").press("恢复使用")
    hand.fill(tonnes="2.5", note="2025 年底前").press("登记").again()
    (line,) = permits.taker.get(f"/licences/{licence['id']}").json["lines"]
    assert line["used_t"] == 2.5, "once"
    hand.press("登记")
    assert "必填" in hand.page.text
    hand.fill(tonnes="-3").press("登记")
    assert permits.taker.get(f"/licences/{licence['id']}").json["lines"][0]["used_t"] == 2.5
    hand.go(f"/licences/{licence['id']}").press("上传扫描件", file=pdf()).press("立即终止")
    shown = permits.taker.get(f"/licences/{licence['id']}").json
    assert (len(shown["files"]), shown["revoked_at"] is not None) == (1, True)
    assert not hand.offers("暂停使用")
    late = permits.admin.post(f"/licences/{licence['id']}/confirm")
    assert (late.status, 'role="alert"' in late.page.html) == (409, True)


def test_a_holder_adds_scans_to_what_waits_and_a_refusal_has_its_reason(permits):
    path = f"/licences/{permits.handed_in()['id']}"
    hand = Hand(permits.holder, path).press("上传扫描件", file=pdf())
    assert "application/pdf" in str(permits.taker.get(path).json["files"])
    assert permits.holder.post(f"{path}/files").status == 422
    assert permits.generator.post(f"{path}/files", file=scan()).status == 404
    assert permits.holder.post(f"{path}/confirm").status == 403
    Hand(permits.admin, path).fill(reason="请补交副本").press("退回")
    assert "请补交副本" in hand.go(path).page.text
    assert not hand.offers("上传扫描件")


def test_an_admin_enters_a_licence_of_several_lines_for_a_holder_that_it_names(permits):
    fields = {"number": "浙危废经第 12 号", "kind": "collection", **VALIDITY}
    lines = {"lines.0.codes": "HW34", "lines.0.modes": ["use"], "lines.0.tonnes_per_year": "5",
             "lines.1.codes": "HW17", "lines.1.modes": ["store"], "lines.1.tonnes_per_year": "6"}  # fmt: skip
    for called, words in (("绍兴", "多家企业"), ("没有这家", "没有该名称")):
        refused = permits.admin.post("/licences", enterprise_id=called, **fields, **lines)
        assert (refused.status, words in refused.page.text, refused.page.faults) == (422, True, [])
    more = permits.admin.post("/licences", enterprise_id="绍兴再生", **fields, **lines, more="lines")
    assert (more.status, more.page.html.count("<textarea")) == (200, 3)
    made_ = permits.admin.post("/licences", enterprise_id="绍兴再生", **fields, **lines)
    shown = permits.taker.get(made_.location).json
    assert (shown["status"], shown["kind"]) == ("confirmed", "collection")
    assert [line["tonnes_per_year"] for line in shown["lines"]] == [5, 6]
    again = permits.admin.post("/licences", enterprise_id="绍兴再生", **fields, **lines)
    assert (again.status, "已经录入" in again.page.text) == (409, True)


def test_a_channel_is_entered_tested_paused_and_resumed_by_its_tests(permits):
    of_plant = permits.marketplace.admin.get(f"/enterprises/{permits.plant.id}").json["uscc"]
    listed = Hand(permits.admin, f"/channels?enterprise_id={permits.plant.id}")
    listed.fill(receiver_id="绍兴再生", **{**ENTERED, "standard": "H2SO4 25-15 %"}).press("登记")
    assert of_plant in listed.page.html
    assert read(permits.admin.response).faults == []
    hand = listed.fill(standard=STANDARD).press("登记")
    channel = permits.plant.get(hand.at).json
    assert [(each["component"], each["max"]) for each in channel["standard"]] == [("H2SO4", 25), ("铁", 1)]
    own = Hand(permits.generator, "/settings/papers").click("绍环定向")
    fields = {"sampled_on": "2026-11-20", "lab": "检测公司", "cma": "1", "cnas": "L1"}
    own.fill(**fields, **{"results.0.value": "18"}).press("报送")
    assert (permits.generator.status, "必填" in own.page.text) == (422, True), "each of the standard"
    own.fill(**{"results.1.value": "3"}).press("报送").again()
    assert len(permits.plant.get(hand.at).json["tests"]) == 1
    assert "已暂停" in own.page.text
    assert "超出标准" in own.page.text
    own.press("上传扫描件", file=pdf())
    own.fill(**fields, more="results").press("报送")
    assert [field["name"] for field in own.page.all("input") if field["name"].startswith("results.2")]
    own.fill(more="", **fields, **{"results.0.value": "18", "results.1.value": "0.5"}).press("报送")
    shown = permits.plant.get(hand.at).json
    assert (shown["status"], [len(test["files"]) for test in shown["tests"]]) == ("running", [0, 1])
    assert permits.holder.post(f"{hand.at}/tests", **fields).status == 403
    assert not Hand(permits.holder, hand.at).offers("报送")


def test_an_admin_pauses_resumes_counts_and_ends_a_channel(permits):
    path = f"/channels/{permits.channel()['id']}"
    hand = Hand(permits.admin, path).fill(reason="现场检查").press("暂停")
    assert "现场检查" in Hand(permits.holder, path).page.text
    hand.fill(reason="检查合格").press("恢复")
    hand.fill(tonnes="1.5").press("登记").press("上传扫描件", file=pdf())
    shown = permits.taker.get(path).json
    assert (shown["used_t"], [file["kind"] for file in shown["files"]]) == (1.5, ["expert_review"])
    hand.press("立即终止")
    assert permits.taker.get(path).json["revoked_at"] is not None
    assert not hand.offers("暂停")
    for form in ("pause", "usage", "revoke", "files"):
        assert permits.holder.post(f"{path}/{form}").status == 403


def test_a_receiver_keeps_the_book_and_corrects_it_by_another_entry(permits):
    path = f"/channels/{permits.channel()['id']}"
    hand = Hand(permits.holder, path).click("查看台账")
    hand.fill(code="900-349-34", tonnes="0.4", to="焚烧厂").press("登记").again()
    (entry,) = permits.taker.get(f"{path}/secondary-waste").json["items"]
    assert (entry["tonnes"], entry["on"]) == (0.4, str(permits.marketplace.now.date()))
    hand.fill(tonnes="9", note="多记").press("冲减")
    assert (permits.holder.status, "9" in hand.page.html) == (409, True)
    hand.fill(tonnes="0.1", note="多记 0.1 吨").press("冲减")
    assert [each["tonnes"] for each in permits.taker.get(f"{path}/secondary-waste").json["items"]] == [
        -0.1,
        0.4,
    ]
    assert not Hand(permits.generator, f"{path}/secondary-waste").offers("冲减")
    assert permits.generator.post(f"{path}/secondary-waste", code="HW34").status == 403


def test_exemptions_and_the_white_list_are_entered_listed_and_ended(permits):
    hand = Hand(permits.admin, "/desk").click("豁免与跨省白名单")
    wanted = {"code": "900-349-34", **VALIDITY}
    hand.fill(enterprise_id="绍兴再生", item="1", reference="绍环函 1 号", **wanted).press("登记").again()
    (exemption,) = permits.taker.get("/exemptions").json["items"]
    assert exemption["reference"] == "绍环函 1 号"
    assert permits.admin.post("/exemptions", enterprise_id="绍兴再生", item="998", **wanted).status == 422
    hand.click("跨省白名单").fill(receiver_id="绍兴再生", from_province="310000", **wanted).press("登记")
    assert permits.taker.get("/white-list").json["items"][0]["from_province"] == "310000"
    own = Hand(permits.holder, "/settings/papers").click("豁免与跨省白名单")
    assert "绍环函 1 号" in own.page.text
    assert not own.offers("登记")
    hand.press("立即终止")
    Hand(permits.admin, "/exemptions").press("立即终止")
    for path in ("/exemptions", "/white-list"):
        assert permits.taker.get(path).json["items"][0]["revoked_at"] is not None
    assert "已终止" in own.go("/exemptions").page.text
