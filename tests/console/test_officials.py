"""What officials decide beside the desk, by pages only: changes, claims, evaluations, feeds, working days."""

import io
import re
from datetime import date, timedelta

import pytest

from marketplace.enterprises.models import MailPurpose
from marketplace.messages import say
from tests.cases import AllSamples
from tests.console.people import ORIGIN, Browser, browser_of, browser_of_staff, staff_browser
from tests.counting import count_statements
from tests.evaluations.previews import run
from tests.inspections.site import Site
from tests.marketplace import Party, new_uscc
from tests.persons.people import member

MOST_STATEMENTS = 8
HOSTILE = "<script>alert('废')</script>"
WORKING, FEEDS, STAFF = "/policy/working-days", "/policy/imports", "/settings/staff"


class Office:
    """An admin and two regulators at browsers; each test makes the enterprise that it decides on."""

    def __init__(self, marketplace):
        self.marketplace, self.samples = marketplace, AllSamples(marketplace)
        self.api = marketplace.admin
        self.admin = browser_of_staff(marketplace)
        city, county = marketplace.regulator("330600"), marketplace.regulator("330602")
        self.city = staff_browser(marketplace, city.id, "13900139001")
        self.county = staff_browser(marketplace, county.id, "13900139002")

    def proposal(self, **wanted):
        firm = self.marketplace.enterprise("generator", name=f"旧名厂{HOSTILE}")
        return firm, firm.patch(f"/enterprises/{firm.id}", wanted).json["proposal"]


@pytest.fixture
def office(kept):
    with kept(Office) as office:
        yield office


def cheap(browser, path):
    """The page, which is sound and costs no more than a page may."""
    browser.get(path)
    with count_statements() as sent:
        found = browser.get(path)
    assert (found.status, found.page.faults) == (200, []), path
    assert len(sent) <= MOST_STATEMENTS, (path, sent)
    assert "<script>" not in found.page.html
    return found.page


def field_of(page, name):
    return next(one.get("value", "") for one in page.all("input") if one.get("name") == name)


# ---------------------------------------------------------------- proposed changes, claims


def test_a_change_is_shown_old_beside_new_and_confirmed_at_the_version_that_was_seen(office):
    firm, change = office.proposal(name="新名厂", region="330681")
    path = f"/desk/changes?enterprise_id={firm.id}"
    assert path in office.admin.get(f"/enterprises/{firm.id}").page.links("")
    page = cheap(office.admin, path)
    assert "旧名厂" in page.text
    assert "新名厂" in page.text
    assert "越城区" in page.text
    assert "诸暨市" in page.text
    confirm = f"/desk/changes/{change['id']}/confirm?enterprise_id={firm.id}"
    version = field_of(page, "version")
    stale = office.admin.post(confirm, version=int(version) + 1)
    assert (stale.status, stale.page.faults) == (412, [])
    assert office.admin.post(confirm, version=version).location == path
    shown = office.api.get(f"/enterprises/{firm.id}").json
    assert (shown["name"], shown["region"]) == ("新名厂", "330681")
    again = office.admin.post(confirm, version=version)
    assert again.status == 412, "a second press"


def test_a_change_is_refused_with_a_reason_and_regulators_only_read(office):
    firm, change = office.proposal(roles=["recycler"])
    refuse = f"/desk/changes/{change['id']}/refuse"
    seen = cheap(office.city, "/desk/changes")
    assert "旧名厂" in seen.text
    assert not [form for form in seen.all("form") if "/desk/changes" in form.get("action", "")]
    assert office.city.post(refuse, reason="材料不符").status == 403
    missing = office.admin.post(refuse, reason=" ")
    assert (missing.status, missing.page.faults) == (422, [])
    assert office.admin.post(refuse, reason="材料不符").location == "/desk/changes"
    (decided,) = office.api.get("/enterprise-changes", enterprise_id=firm.id).json["items"]
    assert (decided["status"], decided["reason"]) == ("refused", "材料不符")


def test_claims_on_a_code_are_upheld_or_dismissed_by_an_admin_alone(office):
    upheld, dismissed = office.samples.claim(), office.samples.claim()
    holder = upheld["enterprise_id"]
    page = cheap(office.admin, "/desk/claims")
    assert "真主" in page.text
    assert "wang@example.com" in page.text
    assert f"/desk/claims?enterprise_id={holder}" in office.admin.get(
        f"/desk/registration/{holder}"
    ).page.links("")
    for browser in (office.city, office.county):
        assert browser.get("/desk/claims").status == 403
        assert browser.post(f"/desk/claims/{upheld['id']}/uphold", reason="x").status == 403
    assert office.admin.post(f"/desk/claims/{upheld['id']}/uphold", reason="").status == 422
    for claim, decision in ((upheld, "uphold"), (dismissed, "dismiss")):
        done = office.admin.post(f"/desk/claims/{claim['id']}/{decision}", reason="执照已核对")
        assert done.location == "/desk/claims"
    statuses = [office.api.get(f"/uscc-claims/{claim['id']}").json["status"] for claim in (upheld, dismissed)]
    assert statuses == ["upheld", "dismissed"]
    assert office.api.get(f"/enterprises/{holder}").json["status"] == "rejected"


# ---------------------------------------------------------------- of one enterprise


def test_the_class_of_reporting_is_decided_from_the_city_upwards(office):
    firm = office.marketplace.enterprise("generator")
    path = f"/enterprises/{firm.id}/reporting-class"
    sent = {
        "management_class": "key",
        "valid_from": "2026-11-01",
        "source": "市局名录",
        "idempotency_key": "c1",
    }
    assert path in office.city.get(f"/enterprises/{firm.id}").page.links("")
    assert cheap(office.county, path).all("textarea") == []
    assert office.county.post(path, **sent).status == 403
    wrong = office.city.post(path, **{**sent, "valid_until": "2026-10-01"})
    assert (wrong.status, wrong.page.faults, "市局名录" in wrong.page.html) == (422, [], True)
    assert [office.city.post(path, **sent).location for _ in range(2)] == [path, path]
    shown = office.api.get(path).json
    assert (shown["management_class"], len(shown["decisions"])) == ("key", 1), "sent twice, decided once"
    assert "市局名录" in cheap(office.admin, path).text


def test_an_evaluation_is_recorded_by_its_day_or_previewed_and_published(office):
    firm = office.marketplace.enterprise("generator")
    path = f"/enterprises/{firm.id}/evaluations"
    future = office.admin.post(path, published_on="2030-01-01")
    assert (future.status, future.page.faults) == (422, [])
    assert office.city.post(path, published_on="2026-11-01").status == 403
    done = office.admin.post(path, published_on="2026-11-01", note="线下评定")
    assert done.location == f"/enterprises/{firm.id}?part=credit"
    (recorded,) = office.api.get("/credit/evaluations", enterprise_id=firm.id).json["items"]
    assert (recorded["published_on"], recorded["note"]) == ("2026-11-01", "线下评定")
    preview = office.admin.post(path, published_on="", note="").location
    job_id = preview.rpartition("=")[2]
    run(office.marketplace, {"id": job_id})
    page = cheap(office.admin, preview)
    (publish,) = [form["action"] for form in page.all("form") if form.get("action", "").endswith("/publish")]
    assert office.admin.post(publish).location == preview
    twice = office.admin.post(publish)
    assert (twice.status, twice.page.faults) == (409, [])
    assert (
        len(office.api.get("/credit/evaluations", enterprise_id=firm.id, status="published").json["items"])
        == 2
    )


def test_a_region_is_evaluated_once_however_often_the_button_is_pressed(office):
    firm = office.marketplace.enterprise("generator", region="330681")
    sent = {"region": "330681", "note": "年度", "idempotency_key": "r1"}
    assert office.admin.post("/desk/evaluations", **{**sent, "region": "33"}).status == 422
    assert office.admin.post("/desk/evaluations", **{**sent, "region": "999999"}).status == 422
    there = {office.admin.post("/desk/evaluations", **sent).location for _ in range(2)}
    assert len(there) == 1
    job_id = there.pop().rpartition("=")[2]
    run(office.marketplace, {"id": job_id})
    assert firm.id in cheap(office.city, f"/desk/evaluations?job_id={job_id}").html
    assert "/desk/evaluations" in office.city.get("/desk").page.links("")


def test_the_next_evaluation_of_one_that_ends_is_asked_for_from_the_desk(office):
    made = office.api.post(
        "/credit/evaluations",
        {"enterprise_id": office.marketplace.enterprise("generator").id, "published_on": "2024-12-20"},
    ).json
    path = f"/desk/expiring_evaluation/{made['id']}"
    assert office.admin.post(f"{path}/preview").location == path
    assert (
        office.api.get("/credit/evaluation-jobs").json["items"][0]["enterprise_id"] == made["enterprise_id"]
    )


def test_a_contact_is_erased_with_a_second_press_once_it_does_not_trade(office):
    firm = office.marketplace.enterprise("generator")
    path = f"/enterprises/{firm.id}/erase-contact"
    assert path in office.admin.get(f"/enterprises/{firm.id}").page.links("")
    assert "须能与其联系" in cheap(office.admin, path).text
    refused = office.admin.post(path, reason="本人要求")
    assert (refused.status, refused.page.faults) == (409, [])
    assert office.city.get(path).status == 403
    office.api.post(f"/enterprises/{firm.id}/suspend", {"reason": "停产"})
    assert office.admin.post(path, reason="").status == 422
    assert office.admin.post(path, reason="本人要求").location == f"/enterprises/{firm.id}"
    assert office.api.get(f"/enterprises/{firm.id}").json["contact"] is None


def test_papers_of_a_transporter_are_listed_to_officials_and_ended_by_admins(office):
    paper = office.samples.member
    firm = office.samples.owner.id
    path, end = f"/enterprises/{firm}/papers", f"/enterprises/papers/{paper['id']}/end"
    assert path in office.city.get(f"/enterprises/{firm}").page.links("")
    page = cheap(office.city, path)
    assert f"/desk/transporter_paper/{paper['id']}" in page.links("")
    assert paper["cards"][0]["number"] not in page.html, "numbers of cards are masked in a list"
    assert office.city.post(end, reason="离职").status == 403
    assert office.admin.post(end, reason="离职").location == path
    assert office.api.get(f"/transporter-papers/{paper['id']}").json["ended_at"]
    assert paper["id"] not in cheap(office.admin, path).html


def test_the_evidence_for_an_exemption_is_reviewed_on_the_page_of_the_demand(office):
    demand = office.samples.exempt_demand
    path = f"/listings/{demand['id']}"
    page = cheap(office.admin, path)
    assert "材料尚未审核" in page.text
    assert "exemption-review" not in office.city.get(path).page.html
    assert office.city.post(f"{path}/exemption-review", decision="accept", reason="x").status == 403
    missing = office.admin.post(f"{path}/exemption-review", decision="accept", reason="")
    assert (missing.status, missing.page.faults) == (422, [])
    assert (
        office.admin.post(f"{path}/exemption-review", decision="accept", reason="检测合格").location == path
    )
    assert office.api.get(path).json["exemption_review"] == "accept"
    none_named = office.marketplace.demand(office.marketplace.recycler())
    wrong = office.admin.post(f"/listings/{none_named['id']}/exemption-review", decision="refuse", reason="x")
    assert (wrong.status, wrong.page.faults) == (409, [])


# ---------------------------------------------------------------- feeds and working days


def sheet(*rows):
    heads = "reference,uscc,rule,effective_on,document"
    return io.BytesIO("\r\n".join((heads, *(",".join(row) for row in rows))).encode())


def send(browser, content, **fields):
    sent = {"source": "浙江环境执法", **fields, "file": (content, "feed.csv")}
    return browser._keep(browser.client.post(FEEDS, data=sent, headers={"Accept": "text/html", **ORIGIN}))


def test_a_feed_is_recorded_row_by_row_and_its_page_says_what_was_not(office):
    firm = office.marketplace.enterprise("generator")
    good = ("页-1", firm.number, "law.penalty_minor", "2026-11-02", "绍环罚字〔2026〕页1号")
    rows = [good, ("页-2", firm.number, "no.such.rule", "2026-11-02", "x"), ("页-3", new_uscc(), *good[2:])]
    made = {send(office.admin, sheet(*rows), idempotency_key="f1").location for _ in range(2)}
    assert len(made) == 1
    page = cheap(office.admin, made.pop())
    assert "页-2" in page.text
    (recorded, *_) = office.api.get("/credit/imports").json["items"]
    assert (recorded["recorded"], recorded["refused"], recorded["unmatched"]) == (1, 1, 1)
    assert FEEDS in office.admin.get("/desk").page.links("")
    assert recorded["source"] in cheap(office.admin, FEEDS).text
    assert office.city.get(FEEDS).status == 403
    assert send(office.city, sheet(good)).status == 403


def test_a_sheet_that_is_no_feed_is_refused_with_its_faults_and_nothing_is_lost(office):
    wrong = send(office.admin, io.BytesIO("甲,乙\r\n1,2".encode()))
    assert (wrong.status, wrong.page.faults) == (422, [])
    assert "浙江环境执法" in wrong.page.html
    assert wrong.page.all("td") or wrong.page.all("tbody"), "the faults as a table"
    assert office.admin.post(FEEDS, source="浙江环境执法").status == 422
    assert send(office.admin, sheet(), source="").status == 422


def days(*rows, **more):
    names = ("day", "working", "name", "source")
    sent = {
        f"{n}.{name}": value for n, row in enumerate(rows) for name, value in zip(names, row, strict=True)
    }
    return {**sent, **more}


def test_the_days_of_a_year_are_published_and_those_of_others_stay(office):
    cheap(office.admin, f"{WORKING}?year=2027")
    festival = ("2027-02-08", "false", "春节", "国办发明电〔2026〕7号")
    make_up = ("2027-02-20", "true", "调休上班", "国办发明电〔2026〕7号")
    path = f"{WORKING}?year=2027"
    assert (
        office.admin.post(path, **days(festival, make_up, ("", "false", "", ""), is_complete="true")).location
        == path
    )
    other = office.admin.post(f"{WORKING}?year=2028", **days(("2028-01-26", "false", "春节", "x")))
    assert other.status == 303
    table = office.api.get("/working-days").json
    assert [item["day"] for item in table["items"]] == ["2027-02-08", "2027-02-20", "2028-01-26"]
    assert table["complete_years"] == [2027]
    page = cheap(office.admin, path)
    assert field_of(page, "0.name") == "春节"
    assert "2027" in page.text
    stale = office.admin.post(path, version=table["version"] - 1, **days(festival))
    assert (stale.status, stale.page.faults) == (412, [])
    assert office.admin.post(path, version=table["version"], **days(festival)).status == 303
    table = office.api.get("/working-days").json
    assert (len(table["items"]), table["complete_years"]) == (2, [])


def test_a_table_that_names_every_day_of_a_year_is_published_again_whole(office):
    first, rows = date(2031, 1, 1), []
    for number in range(365):
        rows.append({"day": f"{first + timedelta(days=number)}", "working": True, "name": "x", "source": "y"})
    table = office.api.get("/working-days").json
    sent = {"items": [*table["items"], *rows], "complete_years": table["complete_years"]}
    assert office.api.put("/working-days", sent).status_code == 200
    page = office.admin.get(f"{WORKING}?year=2031").page
    typed = {each.get("name"): each.get("value", "") for each in page.all("input") if each.get("name")}
    assert typed["364.day"] == "2031-12-31"
    days = {name: value for name, value in typed.items() if name[0].isdigit()}
    assert office.admin.post(f"{WORKING}?year=2031", **days).status == 303
    kept = [item for item in office.api.get("/working-days").json["items"] if item["day"] >= "2031"]
    assert len(kept) == 365


@pytest.mark.parametrize(
    ("rows", "beside"),
    [
        ([("2028-02-08", "false", "", "x")], "0.day"),
        ([("2027-03-01", "false", "", "x"), ("2027-03-01", "true", "", "x")], "1.day"),
        ([("2027-03-01", "false", "名", "")], "0.source"),
        ([("no day", "false", "名", "x")], "0.day"),
    ],
    ids=["another year", "twice", "no source", "no day"],
)
def test_a_day_that_is_wrong_is_said_beside_it_and_what_was_typed_stays(office, rows, beside):
    before = office.api.get("/working-days").json["version"]
    refused = office.admin.post(f"{WORKING}?year=2027", **days(*rows))
    assert (refused.status, refused.page.faults) == (422, [])
    assert [one["name"] for one in refused.page.all("input") if one.get("aria-invalid")] == [beside]
    assert field_of(refused.page, "0.day") == rows[0][0]
    assert office.api.get("/working-days").json["version"] == before
    assert office.city.post(WORKING, **days(*rows)).status == 403


# ---------------------------------------------------------------- who is staff


def test_a_regulator_is_created_once_and_its_key_shown_once(office):
    assert STAFF in office.admin.get("/settings").page.links("")
    sent = {"name": f"诸暨分局{HOSTILE}", "region": "330681", "idempotency_key": "s1"}
    assert office.admin.post(STAFF, **{**sent, "region": "999999"}).status == 422
    made = office.admin.post(STAFF, **sent)
    assert (made.status, made.page.faults) == (201, [])
    key = re.search(r"<code>([^<]+)</code>", made.page.html)[1]
    assert office.admin.post(STAFF, **sent).location == STAFF
    page = cheap(office.admin, STAFF)
    assert key not in page.html
    assert "诸暨分局" in page.text
    mine = office.marketplace.client.get("/api/v1/desk", headers={"Authorization": f"Bearer {key}"})
    assert mine.status_code == 200
    assert office.city.post(STAFF, **sent).status == 403


def test_a_person_is_found_by_its_log_in_and_erased_with_a_second_press(office):
    firm = office.marketplace.enterprise("generator", name="被删者的厂")
    member(firm, "13800138111", "owner", name="留任者")
    gone = member(firm, "13800138112", "trader", name="要删除者")
    unknown = office.admin.post(f"{STAFF}/find", login="13800139999")
    assert (unknown.status, unknown.page.faults) == (422, [])
    path = office.admin.post(f"{STAFF}/find", login="138 0013 8112").location
    assert path == f"{STAFF}/{gone['person_id']}/erase"
    page = cheap(office.admin, path)
    assert "要删除者" in page.text
    assert "被删者的厂" in page.text
    assert office.city.get(path).status == 403
    assert office.admin.post(path, reason="").status == 422
    assert firm.get("/members").json["items"][1]["name"] == "要删除者", "nothing before the second press"
    assert office.admin.post(path, reason="本人要求").location == STAFF
    assert office.admin.get(path).status == 404
    assert [one["name"] for one in firm.get("/members").json["items"]] == ["留任者"]


def test_an_admin_erases_neither_itself_nor_the_last_owner(office):
    links = office.admin.get("/settings/people").page.links("")
    own_id = office.api.get("/members").json["items"][0]["person_id"]
    own = f"{STAFF}/{own_id}/erase"
    assert own in links
    last = member(office.marketplace.enterprise("generator"), "13800138113", "owner")
    for path in (own, f"{STAFF}/{last['person_id']}/erase"):
        refused = office.admin.post(path, reason="本人要求")
        assert (refused.status, refused.page.faults) == (409, [])


# ---------------------------------------------------------------- duties


def test_inspections_are_duties_of_whoever_goes_on_with_them(office):
    site = Site(office.marketplace)
    path = f"/enterprises/{site.generator.id}"
    sent = {
        "enterprise_id": site.generator.id,
        "checklist": "hazardous_generator",
        "kind": "city",
        "way": "site",
    }
    begun = office.admin.post("/inspections", **sent).location
    shown = cheap(office.admin, "/desk")
    assert begun in shown.links("")
    assert "继续检查" in shown.text
    assert path in shown.links("")
    assert begun not in office.city.get("/desk").page.links(""), "another officer's"


def test_an_enterprise_sees_its_own_check_and_what_it_has_to_put_right_as_duties(office):
    site = Site(office.marketplace)
    owner = browser_of(site.generator, "13800138114")
    order, check = site.ordered(), site.begin("self")
    by_officer = site.begin("city")
    page = cheap(owner, "/today")
    for made, verb in ((order, "去整改"), (check, "继续自查")):
        assert f"/inspections/{made['id']}" in page.links("")
        assert verb in page.text
    assert f"/inspections/{by_officer['id']}" not in re.findall(r'class="btn" href="([^"]+)"', page.html)


# ---------------------------------------------------------------- a lost key


def test_asking_for_a_lost_key_says_the_same_of_every_code(office):
    anybody = Browser(office.marketplace)
    assert "/recover" in anybody.get("/login").page.links("")
    known = office.marketplace.enterprise("generator")
    unproven = office.marketplace.enterprise("generator", proven=False)
    pages = set()
    for code in (known.number, unproven.number, new_uscc(), "no code"):
        asked = anybody.post("/recover", uscc=code)
        assert (asked.status, asked.page.faults) == (200, [])
        assert code not in asked.page.html
        pages.add(asked.page.html)
    assert len(pages) == 1
    actions = [one["action"] for one in office.api.get(f"/enterprises/{known.id}/history").json["items"]]
    assert actions[0] == "request_recovery"
    assert anybody.post("/recover", uscc=" ").status == 422


def test_the_mailed_link_makes_one_key_and_opens_nothing_by_itself(office):
    anybody = Browser(office.marketplace)
    firm = office.marketplace.enterprise("generator")
    token = office.samples.mail_token(MailPurpose.RECOVERY, firm)
    link = f"/recover/confirm/{token}"
    for lang in ("zh", "en"):
        assert link in say("mail_body_recovery", lang, url="", token=token)
        opened = anybody.get(f"{link}?lang={lang}")
        assert (opened.status, opened.page.faults) == (200, [])
    assert field_of(opened.page, "token") == token
    made = anybody.post("/recover/confirm", token=token)
    assert (made.status, made.page.faults) == (201, [])
    assert made.response.headers["Cache-Control"] == "no-store"
    key = re.search(r"<code>([^<]+)</code>", made.page.html)[1]
    assert Party(office.marketplace, key).get("/enterprises/me").json["id"] == firm.id
    for wrong in (token, "x" * 43, HOSTILE):
        refused = anybody.post("/recover/confirm", token=wrong)
        assert (refused.status, refused.page.faults) == (422, [])
        assert "<code>" not in refused.page.html
