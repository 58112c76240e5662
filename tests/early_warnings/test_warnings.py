"""Early warnings over HTTP: computed each night, read by staff, without consequences."""

import logging
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from marketplace.credit.models import Evaluation
from marketplace.database import db
from marketplace.early_warnings import service
from marketplace.early_warnings.models import (
    EarlyWarning,
    EarlyWarningModel,
    EarlyWarningRun,
    WarningVerdict,
)
from marketplace.early_warnings.service.features import features_of
from marketplace.early_warnings.service.histories import course_of
from marketplace.early_warnings.service.reading import histories_of
from marketplace.enterprises.models import Enterprise
from marketplace.events.models import Task
from tests.early_warnings.world import (
    lenient,
    load_city,
    score,
    simple_model,
    small_city,
    store_model,
    warnings,
)
from tests.http.cursors import walked
from tests.http.responses import refused
from tests.marketplace import TODAY, as_owner

LIST, MODEL = "/credit/early-warnings", "/credit/early-warnings/model"


def listed(party, **query):
    answer = party.get(LIST, **query)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def names(party, **query):
    return [item["enterprise"]["name"] for item in listed(party, **query)]


def make_city(marketplace):
    """A firm of grade C in each of two districts and in Shanghai, one of B, one of A; all scored."""
    firms = {
        name: marketplace.enterprise("generator", grade=grade, name=name, region=region, **about)
        for name, grade, region, about in (
            ("越城丙厂", "C", "330602", {}),
            ("柯桥丙厂", "C", "330603", {}),
            ("上海丙厂", "C", "310115", {"location": {"lon": 121.5, "lat": 31.2, "crs": "wgs84"}}),
            ("越城乙厂", "B", "330602", {}),
            ("越城甲厂", "A", "330602", {}),
        )
    }
    marketplace.credit_event(firms["柯桥丙厂"], "fulfilment.rated_low")
    store_model(marketplace)
    score(marketplace)
    marketplace.firms = firms
    return marketplace


@pytest.fixture
def city(kept):
    with kept(make_city) as marketplace:
        yield marketplace


def test_the_highest_risk_comes_first_with_its_largest_parts(city):
    items = listed(city.admin)
    assert items[0]["enterprise"]["name"] == "柯桥丙厂", "it lost one point more"
    risks = [item["risk"] for item in items]
    assert risks == sorted(risks, reverse=True)
    assert len(items) == 3, "grades A and B without deductions are not warned of"
    first = items[0]
    assert 1 <= len(first["parts"]) <= 3
    assert first["parts"][0].keys() == {"part", "text", "value", "log_odds"}
    assert first["computed_on"] == "2026-12-01"
    assert first["enterprise"]["grade"] == "C"
    chinese = city.admin.call("GET", LIST, headers={"Accept-Language": "zh"}).json
    assert "仅供工作人员参考" in chinese["notice"]
    assert "信用分" in {part["text"] for part in chinese["items"][0]["parts"]} | {"信用分"}


def test_pages_hold_every_warning_once(city):
    assert walked(city.admin, LIST, limit=1) == listed(city.admin)
    refused(city.admin.get(LIST, cursor="x"), 422, "bad_cursor", "cursor")


def test_the_least_risk_and_the_region_asked_for(city):
    middle = listed(city.admin)[1]["risk"]
    assert len(listed(city.admin, min_risk=middle)) >= 2
    assert all(item["risk"] >= middle for item in listed(city.admin, min_risk=middle))
    assert names(city.admin, min_risk=1) == []
    assert names(city.admin, region="330603") == ["柯桥丙厂"]
    assert names(city.admin, region="310000") == ["上海丙厂"]
    for field, value in (("min_risk", 2), ("region", "33"), ("limit", 0)):
        refused(city.admin.get(LIST, **{field: value}), 422, "invalid_input", field)


def test_a_regulator_sees_its_own_region_only_and_enterprises_nothing(city):
    assert names(city.regulator("330603")) == ["柯桥丙厂"]
    assert set(names(city.regulator("330600"))) == {"越城丙厂", "柯桥丙厂"}
    assert names(city.regulator("330600"), region="310000") == []
    for firm in city.firms.values():
        refused(firm.get(LIST), 403, "role_forbids")
        refused(firm.get(MODEL), 403, "role_forbids")
    assert city.client.get(f"/api/v1{LIST}").status_code == 401
    assert city.regulator("330603").get(MODEL).json["status"] == "in_use"


@pytest.mark.parametrize("where", [LIST, "/desk", "/desk/export"])
def test_who_read_of_whom_is_in_the_audit(marketplace, where):
    firm = marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    score(marketplace)
    kind = {} if where == LIST else {"kind": "early_warning"}
    assert marketplace.admin.get(where, **kind).status_code == 200
    reads = text("SELECT count(*) FROM audit WHERE action = 'read' AND subject_id = :id AND detail @> :part")
    with marketplace.app.app_context():
        about = {"id": firm.id, "part": '{"parts": ["credit"]}'}
        assert db.session.scalar(reads, about) == 1


# ---------------------------------------------------------------- each night


def at_night(marketplace, day=TODAY + timedelta(days=1)):
    """Let the scheduler run between four and five, and its tasks after it."""
    marketplace.now = marketplace.now.replace(year=day.year, month=day.month, day=day.day, hour=20)
    marketplace.now -= timedelta(days=1)
    marketplace.restart_scheduler()
    marketplace.settle()
    marketplace.settle()


def test_without_history_it_says_so_and_warns_of_nobody(marketplace):
    assert marketplace.admin.get(MODEL).json["status"] == "not_trained"
    marketplace.enterprise("generator", grade="C")
    at_night(marketplace)
    answer = marketplace.admin.get(MODEL).json
    assert answer["status"] == "not_enough_history"
    assert answer["history"] == {"months": 0, "falls": 0, "enterprises": 1}
    assert answer["needed"] == {"months": 24, "falls": 200}
    assert answer["simulated"] is True
    assert "simulated" in answer["simulated_notice"]
    assert listed(marketplace.admin) == []


def test_the_jobs_of_a_night_run_once_and_do_the_same_twice(marketplace):
    marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    at_night(marketplace)
    before = warnings(marketplace)
    assert len(before) == 1
    at_night(marketplace)
    with marketplace.app.app_context():
        service.train()
        named = Task.subscriber.startswith("early_warnings.")
        assert db.session.scalar(select(func.count()).select_from(Task).where(named)) == 1
        assert db.session.scalar(select(func.count()).select_from(EarlyWarningRun)) == 1
        assert db.session.scalar(select(func.count()).select_from(EarlyWarningModel)) == 1
    assert score(marketplace) == before


def test_a_new_month_trains_and_the_newest_training_decides(marketplace):
    marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    assert len(score(marketplace)) == 1
    at_night(marketplace, date(2027, 1, 2))
    assert marketplace.admin.get(MODEL).json["status"] == "not_enough_history"
    assert warnings(marketplace) == {}, "what the older model said is not left"


def test_who_is_no_longer_at_risk_is_no_longer_warned_of(marketplace):
    fallen, better = (marketplace.enterprise("generator", grade="C") for _ in range(2))
    store_model(marketplace)
    assert score(marketplace).keys() == {fallen.id, better.id}
    marketplace.credit_event(fallen, "law.penalty_major")
    answer = marketplace.admin.post(
        "/credit/evaluations", {"enterprise_id": better.id, "published_on": str(TODAY)}
    )
    assert answer.status_code == 201
    after = score(marketplace)
    assert fallen.id not in after, "who has fallen is not warned of"
    assert after.get(better.id, (0,))[0] < 0.5


def test_warnings_change_no_score_and_nothing_of_an_enterprise(city):
    columns = text("SELECT CAST(to_jsonb(e) AS text) FROM enterprise e ORDER BY id")
    with city.app.app_context():
        before = db.session.scalars(columns).all()
        events = db.session.scalar(text("SELECT count(*) FROM event"))
    score(city)
    with city.app.app_context():
        assert db.session.scalars(columns).all() == before
        assert db.session.scalar(text("SELECT count(*) FROM event")) == events, "nobody is told of it"


# ---------------------------------------------------------------- what is stored


@pytest.mark.parametrize(
    "change",
    [
        "parameters = jsonb_set(parameters, '{intercept}', '3')",
        "parameters = jsonb_set(parameters, '{features,0,weights,0}', '1')",
        "parameters = '{}'",
        "parameters = jsonb_set(parameters, '{intercept}', '123456789012345678901234567890')",
        "parameters = jsonb_set(parameters, '{intercept}', CAST(repeat('9', 5000) AS jsonb))",
        "parameters = CAST(repeat('[', 3000) || repeat(']', 3000) AS jsonb)",
        "digest = 'x'",
        "card = '[]'",
        'card = \'{"status": "in_use"}\'',
        'card = \'{"parts": {"training": null, "calibration": {}, "test": 1}}\'',
        "card = CAST(repeat('9', 5000) AS jsonb)",
    ],
)
def test_a_model_that_was_changed_is_refused_and_warns_of_nobody(marketplace, caplog, change):
    marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    assert score(marketplace)
    with as_owner(marketplace.app) as connection:
        connection.execute(text(f"UPDATE early_warning_model SET {change}"))
    with caplog.at_level(logging.ERROR):
        assert score(marketplace) == {}
    assert "early warning model refused" in caplog.text
    answer = marketplace.admin.get(MODEL).json
    assert answer["status"] == "refused"
    assert "refused" in answer["detail"]
    assert answer.keys() == {
        "status", "detail", "notice", "model_id", "trained_at", "simulated", "simulated_notice",
    }  # fmt: skip


def test_a_refused_model_is_replaced_in_the_next_night_and_a_row_from_the_future_is_none(marketplace):
    marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    store_model(marketplace, month=date(2999, 1, 1))
    with as_owner(marketplace.app) as connection:
        connection.execute(
            text("UPDATE early_warning_model SET parameters = '{}' WHERE month < '2999-01-01'")
        )
    assert marketplace.admin.get(MODEL).json["status"] == "refused"
    at_night(marketplace)
    assert marketplace.admin.get(MODEL).json["status"] == "not_enough_history"
    with marketplace.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(EarlyWarningModel)) == 3
        service.train()
        assert db.session.scalar(select(func.count()).select_from(EarlyWarningModel)) == 3


def test_the_command_trains_if_it_is_due_and_warns_at_once(marketplace):
    firm = marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    run = marketplace.app.test_cli_runner().invoke
    said = run(args=["credit", "warn"]).output
    assert said == f"model of {TODAY.replace(day=1)}: in_use; 1 scored, 1 warned of\n"
    assert warnings(marketplace).keys() == {firm.id}
    with as_owner(marketplace.app) as connection:
        connection.execute(text("UPDATE early_warning_model SET digest = 'x'"))
    said = run(args=["credit", "warn"]).output
    assert said == f"model of {TODAY.replace(day=1)}: not_enough_history; 0 scored, 0 warned of\n"
    assert warnings(marketplace) == {}


@pytest.mark.parametrize("verdict", [WarningVerdict.NOT_BETTER, WarningVerdict.NOT_ENOUGH_HISTORY])
def test_a_training_without_a_model_warns_of_nobody(marketplace, verdict):
    marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    assert score(marketplace)
    store_model(marketplace, verdict=verdict)
    assert score(marketplace) == {}
    assert marketplace.admin.get(MODEL).json["status"] == verdict


def test_a_warning_is_no_part_of_what_an_enterprise_exports(marketplace):
    firm = marketplace.enterprise("generator", grade="C")
    store_model(marketplace)
    assert firm.id in score(marketplace)
    answer = firm.get("/enterprises/me/export")
    assert "early_warning" not in answer.get_data(as_text=True)


# ---------------------------------------------------------------- read from the tables of credit


def history_of(marketplace, firm):
    with marketplace.app.app_context():
        return histories_of([UUID(firm.id)])[UUID(firm.id)]


def test_an_event_is_known_from_its_record_to_its_withdrawal(marketplace):
    firm = marketplace.enterprise("generator")
    event = marketplace.credit_event(firm, "law.penalty_minor", TODAY - timedelta(days=40))
    marketplace.wait(days=5)
    body = {"reason": "录入有误"}
    second = marketplace.second_admin()
    assert second.post(f"/credit/events/{event['id']}/withdraw", body).status_code == 200
    history = history_of(marketplace, firm)
    (known,) = history.events
    assert (known.effective_on, known.known_from, known.known_until) == (
        TODAY - timedelta(days=40),
        TODAY,
        TODAY + timedelta(days=5),
    )
    lost = [
        features_of(history, TODAY + timedelta(days=number))[2] if number >= 0 else 0 for number in (0, 4, 5)
    ]
    assert lost == [6, 6, 0]


def test_a_repaired_event_is_known_until_its_repair(marketplace):
    firm = marketplace.enterprise("generator")
    event = marketplace.credit_event(firm, "law.penalty_minor")
    marketplace.wait(days=3)
    with marketplace.app.app_context():
        from marketplace.credit import service as credit
        from marketplace.enterprises import service as enterprises
        from marketplace.http.authentication import digest

        officer = enterprises.actor_of_key(digest(marketplace.second_admin().key))
        credit.repair_event(officer, UUID(event["id"]), "已整改")
    (known,) = history_of(marketplace, firm).events
    assert (known.known_from, known.known_until) == (TODAY, TODAY + timedelta(days=3))


def test_a_preview_of_an_evaluation_is_no_part_of_a_history(marketplace):
    firm = marketplace.enterprise("generator")
    published = history_of(marketplace, firm).evaluations
    with marketplace.app.app_context():
        db.session.add(
            Evaluation(enterprise_id=UUID(firm.id), note="预评", inputs={}, inputs_sha256="0" * 64)
        )
        db.session.commit()

    history = history_of(marketplace, firm)
    assert history.evaluations == published
    assert course_of(history, TODAY, TODAY).falls() == 0


def test_the_score_of_the_day_is_the_one_that_is_written(marketplace):
    firms = [marketplace.enterprise("generator", grade=grade) for grade in "ABC"]
    for firm in firms:
        marketplace.credit_event(firm, "site.defect", TODAY - timedelta(days=30))
        row = features_of(history_of(marketplace, firm), TODAY)
        assert row[0] == firm.standing()["score"]


def test_trained_on_a_simulated_city_it_warns_and_says_how_well_it_did(marketplace):
    """From tables to warnings: the same histories come out of the database that went in."""
    city = small_city(600, seed=2)
    with lenient(marketplace, falls=30):
        ids = load_city(marketplace, city)
        with marketplace.app.app_context():
            read = histories_of(ids[:50])
            for firm, history in zip(ids[:50], city[:50], strict=True):
                for day in (TODAY, TODAY - timedelta(days=100), TODAY - timedelta(days=400)):
                    assert features_of(read[firm], day) == features_of(history, day)
            assert service.train().verdict == WarningVerdict.IN_USE
        found = score(marketplace)
        answer = marketplace.admin.get(MODEL).json
        assert answer["status"] == "in_use"
        assert len(answer["calibration"]) == 10
        assert answer["lift"] > max(answer["lift_of_score"], answer["lift_of_recent"])
        assert answer["history"]["enterprises"] == 600
        assert found
        assert all(row[0] >= 0.1 for row in found.values())
        with marketplace.app.app_context():
            run = db.session.get(EarlyWarningRun, TODAY)
            assert (
                run.warned == len(found) == db.session.scalar(select(func.count()).select_from(EarlyWarning))
            )
            assert run.warned < run.scored < 600
            assert run.scored == len([history for history in city if features_of(history, TODAY) is not None])


def test_no_suspended_enterprise_is_listed(marketplace):
    firm = marketplace.enterprise("generator", grade="C")
    store_model(marketplace, simple_model())
    assert score(marketplace)
    with marketplace.app.app_context():
        row = db.session.get_one(Enterprise, UUID(firm.id))
        row.status = "suspended"
        db.session.commit()
    assert listed(marketplace.admin) == []
