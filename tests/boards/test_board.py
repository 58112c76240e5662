"""The public board shows what is final, public and the authorities' own, and nothing else."""

from datetime import date

import pytest
from sqlalchemy import text

from marketplace.credit.service import earliest_start, lapse_date
from marketplace.database import db
from tests.boards.world import (
    DECIDED,
    JUST_NOW,
    MAJOR,
    PERSON,
    SERVED,
    anybody,
    disgraced,
    listed,
    record,
    set_in_database,
    tell,
)
from tests.http.responses import refused
from tests.marketplace import TODAY

NAME = "柯桥旧染料厂"


def test_the_board_names_who_has_grade_d_by_final_decisions_with_these_and_nothing_of_people(marketplace):
    firm, (first, second) = disgraced(marketplace, NAME)
    answer = anybody(marketplace, "/credit/board")
    (item,) = answer.json["items"]
    reason = {
        "rule": MAJOR, "axis": "law", "severity": "general", "points": -15,
        "title": "Major administrative penalty",
        "authority": "绍兴市生态环境局", "decided_on": DECIDED, "served_on": SERVED,
        "published_until": "2027-08-01",
    }  # fmt: skip
    assert {name: item[name] for name in item if name != "reasons"} == {
        "name": NAME, "uscc": firm.number, "region": "330602", "grade": "D", "score": 50,
    }  # fmt: skip
    assert [shown["document"] for shown in item["reasons"]] == [second["document"], first["document"]]
    for shown in item["reasons"]:
        assert {name: shown[name] for name in reason} == reason
        assert "1175" in shown["citation"]
        assert shown.keys() == {*reason, "document", "citation"}
    assert "not the statutory credit record" in answer.json["notice"]

    for path in ("/credit/board", "/credit/red-list"):
        chinese = marketplace.client.get(f"/api/v1{path}", headers={"Accept-Language": "zh-CN"})
        assert "不是主管部门依法记录的信用信息" in chinese.json["notice"]
    raw = answer.get_data(as_text=True)
    for private in (PERSON, "13800000000", "@example.com", "0575", "现场", "120.58"):
        assert private not in raw


EVENTS = {
    "not final yet": "decided_on = '2026-10-01', served_on = '2026-10-02'",
    "not final by its decision": "decided_on = '2026-10-02', served_on = NULL",
    "not final by its effect": "decided_on = NULL, served_on = NULL, effective_on = '2026-10-02'",
    "light": "severity = 'light'",
    "a merit": "points_milli = 1000, severity = NULL",
    "not public": "is_public = false",
    "the platform's own": "axis = 'fulfilment'",
    "withdrawn": "status = 'withdrawn'",
    "repaired": "status = 'repaired'",
    "lapsed": "lapses_on = '2026-12-01'",
    "published for a year": "acted_on = NULL, decided_on = '2025-12-01', served_on = '2025-12-01'",
}
"""What keeps an event from the board, as a change of one that is on it."""
FIRMS = {
    "grade C": "grade = 'C'",
    "grade A": "grade = 'A'",
    "pending": "status = 'pending'",
    "rejected": "status = 'rejected'",
    "lapsed": "status = 'lapsed'",
}
STILL = {
    "final since today": "decided_on = '2026-10-01', served_on = '2026-10-01'",
    "by its decision": "decided_on = '2026-10-01', served_on = NULL",
    "by its effect": "decided_on = NULL, served_on = NULL, effective_on = '2026-10-01'",
    "published for a day less than a year": "decided_on = '2025-12-02', served_on = '2025-12-02'",
    "serious, in its second year": (
        "severity = 'serious', effective_on = '2025-01-10', lapses_on = '2027-01-10',"
        " decided_on = '2025-01-01', served_on = '2025-01-02'"
    ),
}


@pytest.mark.parametrize("why", [*EVENTS, *FIRMS, *STILL])
def test_only_reasons_that_are_final_public_and_not_the_platforms_own_are_shown(marketplace, why):
    firm, events = disgraced(marketplace, NAME)
    assert listed(marketplace) == [NAME]
    for event in events:
        if why not in FIRMS:
            set_in_database(marketplace, "credit_event", {**EVENTS, **STILL}[why], event["id"])
    if why in FIRMS:
        set_in_database(marketplace, "enterprise", FIRMS[why], firm.id)
    assert listed(marketplace) == ([NAME] if why in STILL else [])


def test_a_firm_with_one_reason_left_is_named_for_that_one(marketplace):
    _, events = disgraced(marketplace, NAME)
    set_in_database(marketplace, "credit_event", EVENTS["not final yet"], events[0]["id"])
    (item,) = anybody(marketplace, "/credit/board").json["items"]
    assert [reason["document"] for reason in item["reasons"]] == [events[1]["document"]]


def test_a_rule_table_cannot_make_the_platforms_own_judgements_public(marketplace):
    admin = marketplace.admin
    rules = admin.get("/credit/rules").json["items"]
    for rule in rules:
        if rule["axis"] == "fulfilment":
            rule |= {"public": True, "points": -40, "severity": "serious", "most_per_year": None}
    assert admin.put("/credit/rules", {"items": rules}).status_code == 200
    firm = marketplace.enterprise("generator", name=NAME)
    assert record(marketplace, firm, "fulfilment.not_as_described")["public"] is True
    assert firm.standing()["grade"] == "D"
    assert listed(marketplace) == []


# ---------------------------------------------------------------- what is overturned leaves at once


def test_who_may_still_appeal_or_has_appealed_is_not_named_until_the_entry_is_upheld(marketplace):
    firm, (first, second) = disgraced(marketplace, NAME)
    for event in (first, second):
        tell(marketplace, event, JUST_NOW)
    assert listed(marketplace) == []
    for event in (first, second):
        path = f"/credit/events/{event['id']}/appeal"
        assert firm.post(path, {"reason": "处罚对象有误"}).status_code == 201
        tell(marketplace, event, "2026-11-09T15:59Z")
    assert listed(marketplace) == [], "the time to appeal is over, but nothing is decided"

    officer = marketplace.second_admin()
    appeals = {row["event_id"]: row["id"] for row in officer.get("/credit/appeals").json["items"]}
    upheld = {"decision": "uphold", "reason": "证据充分"}
    assert officer.post(f"/credit/appeals/{appeals[first['id']]}/decide", upheld).status_code == 200
    assert listed(marketplace) == [NAME]
    (reason,) = anybody(marketplace, "/credit/board").json["items"][0]["reasons"]
    assert reason["document"] == first["document"]

    overturned = {"decision": "overturn", "reason": "处罚决定已撤销"}
    assert officer.post(f"/credit/appeals/{appeals[second['id']]}/decide", overturned).status_code == 200
    assert listed(marketplace) == []
    assert firm.standing()["grade"] == "C"


def test_what_is_withdrawn_is_gone_with_the_next_request_and_its_etag_says_so(marketplace):
    _, (first, *_) = disgraced(marketplace, NAME, penalties=3)
    seen = anybody(marketplace, "/credit/board")
    assert seen.headers["Cache-Control"] == "public, max-age=60"
    assert "Accept-Language" in seen.headers["Vary"]

    def again():
        headers = {"If-None-Match": seen.headers["ETag"]}
        return marketplace.client.get("/api/v1/credit/board", headers=headers)

    assert again().status_code == 304
    officer = marketplace.second_admin()
    assert officer.post(f"/credit/events/{first['id']}/withdraw", {"reason": "误录"}).status_code == 200
    fresh = again()
    assert fresh.status_code == 200
    assert first["document"] not in [reason["document"] for reason in fresh.json["items"][0]["reasons"]]


def test_an_entry_is_a_reason_once_the_fifteen_working_days_to_appeal_are_over(marketplace):
    """The 15th working day after 9 November is Monday the 30th, after the 10th it is today, 1 December."""
    _, events = disgraced(marketplace, NAME)
    for moment, expected in (("2026-11-09T15:59Z", [NAME]), ("2026-11-09T16:00Z", [])):
        for event in events:
            tell(marketplace, event, moment)
        assert listed(marketplace) == expected


# ---------------------------------------------------------------- asking


def test_the_board_is_searched_by_name_code_and_region_and_paged_lowest_first(marketplace):
    firms = {
        "城东电镀厂": disgraced(marketplace, "城东电镀厂")[0],
        "城西电镀厂": disgraced(marketplace, "城西电镀厂", penalties=3, region="330603")[0],
        "城南印染厂": disgraced(marketplace, "城南印染厂")[0],
    }
    assert listed(marketplace) == ["城西电镀厂", "城东电镀厂", "城南印染厂"]
    assert listed(marketplace, q="电镀") == ["城西电镀厂", "城东电镀厂"]
    assert listed(marketplace, q=firms["城南印染厂"].number) == ["城南印染厂"]
    assert listed(marketplace, region="330603") == ["城西电镀厂"]
    assert listed(marketplace, region="330600", q="城") == list(listed(marketplace))
    assert listed(marketplace, region="310000") == []

    first = anybody(marketplace, "/credit/board", limit=2).json
    rest = anybody(marketplace, "/credit/board", limit=2, cursor=first["next"]).json
    assert [item["name"] for item in first["items"] + rest["items"]] == listed(marketplace)
    assert rest["next"] is None
    refused(anybody(marketplace, "/credit/board", cursor="x"), 422, "bad_cursor", "cursor")
    refused(anybody(marketplace, "/credit/board", grade="A"), 422, "invalid_input", "grade")


def test_callers_without_a_key_are_limited_by_address(marketplace):
    assert anybody(marketplace, "/credit/board").headers["RateLimit-Policy"].startswith('"address"')


@pytest.mark.parametrize("months", [0, 1, 3, 12, 36])
@pytest.mark.parametrize("today", [TODAY, date(2026, 12, 31), date(2027, 3, 1), date(2028, 2, 29)])
def test_a_term_is_over_on_the_day_on_which_it_lapses(months, today):
    earliest = earliest_start(today, months)
    assert lapse_date(earliest, months) > today
    assert lapse_date(date.fromordinal(earliest.toordinal() - 1), months) <= today


def test_the_days_for_a_remedy_are_a_row_with_validity_and_source(marketplace):
    with marketplace.app.app_context():
        rows = db.session.execute(text("SELECT days, mark, source FROM credit_remedy_term")).all()
    assert [(days, mark) for days, mark, _ in rows] == [(60, "S")]
    assert "行政复议法" in rows[0].source
