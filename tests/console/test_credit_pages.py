"""What an enterprise does about its credit on pages: appeals, repairs, checks itself, declares."""

import io
import re
from datetime import date

import pytest

from tests.console.people import browser_of, browser_of_staff, staff_browser
from tests.console.test_staff_pages import MOST_STATEMENTS, fields_of
from tests.counting import count_statements
from tests.inspections.site import Site
from tests.reporting.world import ACID, Reports
from tests.uploaded_files import made


class World:
    """A firm with its owner in a browser, a viewer of it, a neighbour."""

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.site = Site(marketplace)
        self.firm = self.site.generator
        self.owner = browser_of(self.firm, "13800138000")

    def event(self, rule="law.minor_corrected"):
        return self.marketplace.credit_event(self.firm, rule)

    def neighbour(self):
        return browser_of(self.marketplace.enterprise("generator"), "13800138009")

    def viewer(self):
        return browser_of(self.firm, "13800138002", "viewer")


@pytest.fixture
def world(marketplace):
    with marketplace.at_its_time():
        yield World(marketplace)


def test_an_owner_sees_why_and_appeals_once_with_a_file(world):
    event = world.event("law.penalty_major")
    page = world.owner.get("/credit").page
    assert page.faults == []
    path = f"/credit/events/{event['id']}"
    assert path in page.links("")
    assert "申诉" in world.owner.get(path).page.text
    assert world.owner.post(f"{path}/appeal", reason="").status == 422
    sent = world.owner.post(
        f"{path}/appeal", reason="<script>不是我厂</script>", file=(io.BytesIO(made.JPEG), "现场.jpg")
    )
    assert (sent.status, sent.location) == (303, path)
    shown = world.owner.get(path)
    assert shown.page.faults == []
    assert "现场" in shown.page.text
    assert "<script>" not in shown.response.get_data(as_text=True)
    again = world.owner.post(f"{path}/appeal", reason="再次")
    assert (again.status, "再次" in again.page.text) == (409, False)
    (appeal,) = world.firm.get("/credit/appeals").json["items"]
    broken = world.owner.post(f"/credit/appeals/{appeal['id']}/files", file=(io.BytesIO(b"MZ"), "x.exe"))
    assert (broken.status, broken.page.faults) == (415, [])
    assert "不是我厂" in world.owner.get(path).page.text
    assert path in world.owner.get("/credit/requests").page.links("")
    assert world.owner.post(f"/credit/appeals/{appeal['id']}/withdraw").status == 303
    assert world.owner.post(f"/credit/appeals/{appeal['id']}/withdraw").status == 409


def test_what_is_to_come_says_why_and_names_no_day_that_changes_nothing(marketplace):
    firm = marketplace.enterprise("recycler", grade="A")
    marketplace.credit_event(firm, "fulfilment.completed")
    with marketplace.at_its_time():
        owner = browser_of(firm, "13800138005")
        shown = owner.get("/credit").page.text
        to_come = shown.partition("分数变化预告")[2].partition("怎样提升")[0]
        assert (to_come.count("起信用分将为"), "信用评价到期" in to_come) == (1, True)
        marketplace.credit_event(firm, "law.penalty_general", date(2026, 6, 1))
        assert "有信用记录不再计分" in owner.get("/credit").page.text


def test_an_owner_asks_for_repair_one_at_a_time(world):
    path = f"/credit/events/{world.event()['id']}"
    assert world.owner.post(f"{path}/repair", promise="已整改，承诺不再发生").status == 303
    page = world.owner.get(path).page
    assert "已整改，承诺不再发生" in page.text
    assert world.owner.post(f"{path}/repair", promise="再次").status == 409
    (repair,) = world.firm.get("/credit/repairs").json["items"]
    assert world.owner.post(f"/credit/repairs/{repair['id']}/withdraw").status == 303


def test_what_cannot_be_repaired_yet_says_from_when(world):
    path = f"/credit/events/{world.event('law.penalty_major')['id']}"
    page = world.owner.get(path).page
    assert "可申请修复的首日" in page.text
    assert not [each for each in page.all("textarea") if each["name"] == "promise"]
    assert world.owner.post(f"{path}/repair", promise="已整改").status == 409


def test_a_viewer_reads_and_a_neighbour_finds_nothing(world):
    event = world.event()
    made = world.site.ordered("district")
    path, inspection = f"/credit/events/{event['id']}", f"/inspections/{made['id']}"
    viewer, neighbour = world.viewer(), world.neighbour()
    assert viewer.get(path).status == 200
    assert "由企业负责人提出" in viewer.get(path).page.text
    assert "提交复查" not in viewer.get(inspection).page.text
    for sent in (f"{path}/appeal", f"{path}/repair", inspection, "/inspections"):
        assert (
            viewer.post(sent, reason="x", promise="x", checklist="hazardous_generator", kind="self").status
            == 403
        )
    for sent in (path, inspection):
        assert neighbour.get(sent).status == 404
    for sent in (f"{path}/appeal", f"{path}/repair", inspection, f"{inspection}/cancel"):
        assert neighbour.post(sent, reason="x", promise="x").status == 404, sent
    assert world.firm.get("/credit/appeals").json["items"] == []


def test_an_officer_adds_a_file_to_an_entry_later_and_each_side_reads_who_did_what(world):
    event = world.event("law.penalty_major")
    world.owner.post(f"/credit/events/{event['id']}/appeal", reason="不是我厂")
    world.owner.post(f"/credit/events/{event['id']}/repair", promise="已整改")
    officer = browser_of_staff(world.marketplace)
    path = f"/enterprises/events/{event['id']}"
    assert path in officer.get(f"/enterprises/{world.firm.id}?part=credit").page.links("")

    nothing, program = officer.post(f"{path}/files"), (io.BytesIO(b"MZ"), "x.exe")
    assert (nothing.status, "请先选择文件" in nothing.page.text) == (422, True)
    assert officer.post(f"{path}/files", file=program).status == 415
    sent = officer.post(f"{path}/files", file=(io.BytesIO(made.JPEG), "补充现场.jpg"))
    assert (sent.status, sent.location) == (303, path)

    of_firm = f"/credit/events/{event['id']}"
    for reader, address in ((officer, path), (world.owner, of_firm), (world.owner, f"{of_firm}?lang=en")):
        reader.get(address)
        with count_statements() as statements:
            page = reader.get(address).page
        assert (page.faults, len(statements) <= MOST_STATEMENTS) == ([], True), statements
        assert "补充现场" in page.text
        assert ("提出申诉" if address in (path, of_firm) else "appealed") in page.text
    (appeal,) = world.firm.get("/credit/appeals").json["items"]
    assert path in officer.get(f"/desk/appeal/{appeal['id']}").page.links("")


def test_a_regulator_reads_an_entry_of_the_platform_and_adds_nothing_to_it(world):
    path = f"/enterprises/events/{world.event('manifest.late_close')['id']}"
    officer = staff_browser(world.marketplace, world.site.regulator.id, "13900139001")
    assert f"{path}/files" not in officer.get(path).page.html
    refused = officer.post(f"{path}/files", file=(io.BytesIO(made.JPEG), "现场.jpg"))
    assert (refused.status, world.owner.get(path).status) == (403, 403)


# ---------------------------------------------------------------- inspections


def answered(page, **points):
    """The fields of a checklist, all met but for these codes."""
    codes = {each["name"].partition(".")[0] for each in page.all("input") if each.get("type") == "radio"}
    return {f"{code}.points": str(points.get(code, 2)) for code in codes}


def test_a_self_check_is_saved_in_parts_and_finished(world):
    begun = world.owner.post("/inspections", kind="self", checklist="hazardous_generator")
    path = begun.location
    assert begun.status == 303
    assert world.owner.post("/inspections", kind="self", checklist="hazardous_generator").status == 409
    page = world.owner.get(path).page
    assert page.faults == []
    fields = answered(page)
    assert len(fields) > 10
    some = dict(list(fields.items())[:3])
    assert world.owner.post(path, save="1", **some).status == 303
    assert sum("checked" in each for each in world.owner.get(path).page.all("input")) == 3
    early = world.owner.post(path, finish="1", **some)
    assert (early.status, early.page.faults) == (409, [])
    assert world.owner.post(path, finish="1", **fields).status == 303
    assert "达标" in world.owner.get(path).page.text
    assert world.owner.post(path, finish="1", **fields).status == 409, "pressed twice"


def test_an_officer_inspects_on_a_phone_and_the_firm_puts_right(world):
    officer = staff_browser(world.marketplace, world.site.regulator.id, "13900139001")
    begun = officer.post(
        "/inspections", enterprise_id=world.firm.id, checklist="hazardous_generator", kind="district"
    )
    path = begun.location
    assert begun.status == 303
    page = officer.get(path).page
    assert page.faults == []
    assert len(officer.response.get_data()) < 60_000
    fields = answered(page, L1=0) | {"L1.note": "标签缺失", "L1.photo": (io.BytesIO(made.JPEG), "a.jpg")}
    assert officer.post(path, finish="1", **fields).status == 303
    assert "标签缺失" in world.owner.get(path).page.text
    assert world.owner.post(path, finish="1").status == 422, "nothing was said"
    done = {"L1.text": "已重新张贴", "L1.photo": (io.BytesIO(made.jpeg(width=9)), "b.jpg")}
    assert world.owner.post(path, finish="1", **done).status == 303
    assert "已重新张贴" in officer.get(path).page.text
    (item,) = world.marketplace.admin.get("/desk", kind="recheck").json["items"]
    listed = officer.get("/desk?kind=recheck").page.links("")
    assert f"/desk/recheck/{item['id']}?kind=recheck" in listed
    at = officer.get(f"/desk/recheck/{item['id']}?kind=recheck").location
    assert at == f"{path}?kind=recheck&sort=due"
    html = officer.get(at).page.html
    assert html.index('id="L1"') < html.index("其余检查项（19 项）") < html.index('id="M1"')
    said = {"L1.corrected": "false", "L1.note": "仍缺两处"}
    assert officer.post(at, save="1", **said).location == at
    back = officer.post(at, finish="1", **said)
    assert (back.status, back.location) == (303, "/desk?kind=recheck&decided=step")
    assert "仍缺两处" in world.owner.get(path).page.text
    assert world.owner.post(path, finish="1", **{"L1.text": "已补齐"}).status == 303
    assert officer.post(path, finish="1", **{"L1.corrected": "true"}).location == path
    assert "已改正" in officer.get(path).page.text


def test_an_inspection_that_was_begun_is_cancelled_with_a_reason(world):
    path = world.owner.post("/inspections", kind="self", checklist="hazardous_generator").location
    assert world.owner.post(f"{path}/cancel", reason="").status == 422
    assert world.owner.post(f"{path}/cancel", reason="改日再做").status == 303
    assert world.owner.post(f"{path}/cancel", reason="再次").status == 409
    strange = world.owner.post("/inspections", kind="district", checklist="hazardous_generator")
    assert strange.status == 403


# ---------------------------------------------------------------- declarations


@pytest.fixture
def reports(marketplace):
    """A key unit whose December is to be declared; one load of it is closed."""
    reports = Reports(marketplace)
    reports.load(date(2025, 3, 1), 150.0)
    reports.load(date(2026, 12, 20), 32.5)
    reports.on(2027, 1, 4)
    reports.open()
    return reports


def test_a_declaration_is_confirmed_corrected_and_filed_on_its_page(reports):
    with reports.marketplace.at_its_time():
        owner = browser_of(reports.generator, "13800138000")
        path = f"/declarations/{reports.declarations()['2026-12']['id']}"
        assert path in owner.get("/declarations").page.links("")
        page = owner.get(path).page
        assert page.faults == []
        sent = {name: value for name, value in fields_of(page).items() if name.startswith("0.")}
        assert (sent["0.code"], sent["0.outside_t"], sent["0.closing_t"]) == (ACID, "32.500", "")
        early = owner.post(path, **sent)
        assert (early.status, early.page.faults) == (422, [])
        good = sent | {"0.opening_t": "2.5", "0.generated_t": "31", "0.own_t": "0", "0.closing_t": "1"}
        wrong = owner.post(path, **{**good, "0.closing_t": "much"})
        assert wrong.status == 422
        assert "much" in {each.get("value") for each in wrong.page.all("input")}
        assert owner.post(path, **good).location == path
        lost = owner.post(path, **good, **{"1.code": "", "1.generated_t": "4"})
        assert (lost.status, lost.page.faults) == (422, []), "tonnes of no code are not dropped"
        half = owner.post(path, **good, receipt="3306-2027-000123")
        assert (half.status, half.page.faults) == (422, [])
        assert owner.post(path, **good, correct="1", reason="").status == 422
        corrected = {**good, "0.generated_t": "30", "correct": "1", "reason": "复秤", "idempotency_key": "c1"}
        assert [owner.post(path, **corrected).status for _ in range(2)] == [303, 303]
        assert "平衡差额" in owner.get(path).page.text
        filed = {"receipt": "3306-2027-000123", "filed_on": "2027-01-04"}
        assert owner.post(path, **good, **filed).status == 303
        assert reports.declarations()["2026-12"]["status"] == "filed"
        neighbour = browser_of(reports.marketplace.enterprise("generator"), "13800138009")
        assert neighbour.get(path).status == neighbour.post(path, **good).status == 404


def test_today_leads_to_declarations_that_are_due_in_ten_days_until_they_are_confirmed(reports):
    reports.on(2027, 1, 8)
    with reports.marketplace.at_its_time():
        owner = browser_of(reports.generator, "13800138000")
        due = {row["id"]: date.fromisoformat(row["due_on"]) for row in reports.declarations().values()}
        soon = {row_id for row_id, day in due.items() if day <= date(2027, 1, 18)}
        assert soon < due.keys(), due.values()
        assert len(soon) == 1, due.values()
        links = owner.get("/today").page.links("")
        assert {row_id for row_id in due if f"/declarations/{row_id}" in links} == soon
        (first,) = soon
        sent = fields_of(owner.get(f"/declarations/{first}").page)
        rows = {name: value for name, value in sent.items() if name.startswith("0.")}
        rows |= {"0.opening_t": "2.5", "0.generated_t": "31", "0.own_t": "0", "0.closing_t": "1"}
        assert owner.post(f"/declarations/{first}", **rows).status == 303
        assert f"/declarations/{first}" not in owner.get("/today").page.links("")


def test_script_in_every_field_is_shown_as_words(world):
    hostile = "<script>alert(1)</script>"
    path = f"/credit/events/{world.event()['id']}"
    world.owner.post(f"{path}/appeal", reason=hostile)
    world.owner.post(f"{path}/repair", promise=hostile)
    for each in ("/credit", "/credit/requests", path):
        html = world.owner.get(each).response.get_data(as_text=True)
        assert hostile not in html
        assert not re.search(r"<script(?! type=\"module\")", html)
