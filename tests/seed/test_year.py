"""The demo city's year of credit: planned alike every time, every kind of end in it, and no grade changed."""

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from sqlalchemy import text

from marketplace.database import db
from seed.city import credit_grade
from seed.demo import SEED, demo_city
from seed.history import STAND_INS
from seed.load_demo import load_city
from seed.year import STRANGER, year_of
from tests.marketplace import TODAY

SOME = {
    "appeals": "SELECT status FROM credit_appeal",
    "repairs": "SELECT status FROM credit_repair",
    "inspections": "SELECT status FROM inspection",
    "results": "SELECT result FROM inspection WHERE result IS NOT NULL",
    "kinds": "SELECT kind FROM inspection",
    "rows": "SELECT result FROM credit_import_row",
}
SCORES = """
    SELECT uscc, credit_milli, grade FROM enterprise
    WHERE EXISTS(SELECT FROM credit_event WHERE enterprise_id = enterprise.id)
"""


@pytest.fixture(scope="module")
def city():
    return demo_city(TODAY)


@pytest.fixture(scope="module")
def year(city):
    return year_of(Random(SEED), city)


def subjects(year):
    """Keys of the enterprises that decisions and inspections are about."""
    decisions = [case.decision.enterprise_key for case in (*year.appeals, *year.repairs)]
    return decisions + [one.enterprise_key for one in year.inspections]


def test_the_same_seed_gives_the_same_year_and_another_day_only_moves_it(city, year):
    assert year_of(Random(SEED), city) == year
    assert year_of(Random(SEED), demo_city(date(2027, 2, 28))) == year
    assert year_of(Random(7), city) != year


def test_each_case_is_about_another_enterprise_and_none_about_a_stand_in(year):
    keys = subjects(year)
    assert len(set(keys)) == len(keys)
    assert not STAND_INS & set(keys)


def test_cases_are_spread_over_the_year_and_in_the_order_of_their_steps(year):
    days = [case.decision.day for case in (*year.appeals, *year.repairs)]
    days += [one.day for one in (*year.inspections, *year.feeds)]
    assert -365 < min(days) < -300
    assert len({day // 31 for day in days}) >= 10
    for case in (*year.appeals, *year.repairs):
        assert case.decision.day < case.day <= (case.end_day or -1) < 0


@pytest.fixture
def played(marketplace, city, year):
    """The year with the enterprises that it is about, written to the database."""
    named = set(subjects(year))
    usccs = {row.uscc for feed in year.feeds for row in feed.rows}
    part = replace(
        city,
        enterprises=tuple(one for one in city.enterprises if one.key in named or one.uscc in usccs),
        listings=(), licences=(), channels=(), white_list=(), fleets=(),
    )  # fmt: skip
    with marketplace.app.app_context():
        counts = load_city(part, (), year)
        yield part, counts


def test_every_end_came_as_planned_and_every_grade_is_that_of_the_plan(marketplace, city, year, played):
    part, counts = played
    assert (counts["appeals"], counts["repairs"]) == (len(year.appeals), len(year.repairs))
    assert (counts["inspections"], counts["feeds"]) == (len(year.inspections), 2)
    found = {name: Counter(db.session.scalars(text(query))) for name, query in SOME.items()}
    assert found["appeals"] == {"overturned": 3, "upheld": 3, "open": 3, "withdrawn": 1}
    assert found["repairs"] == {"granted": 2, "refused": 1, "checked": 1, "open": 1}
    assert found["inspections"] == {
        "closed": 14, "answered": 1, "rectifying": 1, "open": 1, "overdue": 3,
    }  # fmt: skip
    assert found["results"]["fail"] == 2
    assert set(found["kinds"]) == {"self", "district", "city"}
    assert found["rows"] == {"recorded": 5, "refused": 3, "unmatched": 1, "skipped": 1, "conflicting": 1}

    planned = {one.uscc: credit_grade(one) for one in part.enterprises}
    standings = db.session.execute(text(SCORES)).all()
    assert {row.uscc: row.grade for row in standings} == {row.uscc: planned[row.uscc] for row in standings}
    marketplace.settle()
    assert {row.uscc: row.credit_milli for row in db.session.execute(text(SCORES))} == {
        row.uscc: row.credit_milli for row in standings
    }


def test_what_is_open_waits_on_the_desks_and_the_ledger_keeps_all_of_it(marketplace, played):
    admin = marketplace.admin
    marketplace.restart_scheduler()
    marketplace.settle()
    (waiting,) = admin.get("/credit/imports/unmatched").json["items"]
    assert waiting["uscc"] == STRANGER
    assert all(
        item["due_on"] > str(TODAY) for item in admin.get("/credit/appeals", status="open").json["items"]
    )
    overdue = admin.get("/desk", kind="overdue_rectification").json["items"]
    assert len(overdue) == 3
    assert sum("failed" in item["title"] for item in overdue) == 1
    assert len(admin.get("/desk", kind="recheck").json["items"]) == 1
    verified = admin.get("/credit/ledger/verify").json
    assert (verified["ok"], verified["first_bad"]) == (True, None)
