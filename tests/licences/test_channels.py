"""Channels that police themselves: standard, monthly tests, pauses, files, the book of secondary waste."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace import lives
from marketplace.errors import Invalid
from marketplace.licences.models import Channel
from marketplace.licences.service.channels.due_months import due_day, expected_month, month_after
from marketplace.licences.service.channels.monthly_tests import out_of_bounds
from marketplace.licences.service.channels.terms import check_terms
from marketplace.notifications import jobs as notifications
from tests.http.responses import verdict
from tests.licences.bodies import CHANNEL, TEST, WASTE
from tests.uploaded_files.made import PDF


def denied(response, status, code):
    assert verdict(response)[:2] == (status, code)


@pytest.fixture
def pair(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    body = {**CHANNEL, "generator_id": generator.id, "receiver_id": recycler.id, "approval_number": "点1"}
    made = marketplace.admin.post("/channels", body)
    assert made.status_code == 201, made.json
    return generator, recycler, f"/channels/{made.json['id']}"


def acid(percent, **other):
    return {**TEST, "results": [{"component": "H2SO4", "value": percent, "unit": "%"}], **other}


def test_a_result_out_of_range_is_refused_in_the_language_of_its_reader(pair):
    generator, _, channel = pair
    refused = generator.post(f"{channel}/tests", acid(2e9), Accept_Language="zh-CN")
    assert refused.status_code == 422
    assert "须在 0 与" in refused.get_data(as_text=True)


def test_a_failing_test_pauses_and_a_passing_one_resumes(marketplace, pair):
    generator, recycler, channel = pair
    supply, demand = marketplace.supply(generator, min_lot_t=1), marketplace.demand(recycler, min_lot_t=1)
    assert marketplace.matches(generator, supply) == [demand["id"]]

    passed = generator.post(f"{channel}/tests", TEST).json
    assert (passed["passed"], passed["out_of_bounds"]) == (True, [])
    failed = generator.post(f"{channel}/tests", acid(30, sampled_on="2026-11-25")).json
    assert not failed["passed"]
    assert failed["out_of_bounds"][0]["max"] == 25

    shown = recycler.get(channel).json
    assert shown["paused"]
    assert shown["status"] == "paused"
    assert "2026-11-25" in shown["pause_reason"]
    assert (shown["pause_cause"], shown["test_due_on"]) == ("out_of_bounds", None)
    assert [test["passed"] for test in shown["tests"]] == [False, True]
    assert marketplace.matches(generator, supply) == []
    assert marketplace.why_not(generator, supply, demand) == {"licence": "channel_paused"}
    marketplace.settle()
    assert "permit.paused" in kinds_of(recycler)
    assert "permit.paused" in kinds_of(generator)

    assert generator.post(f"{channel}/tests", acid(20, sampled_on="2026-11-24")).json["passed"]
    assert generator.get(channel).json["paused"]
    assert generator.post(f"{channel}/tests", acid(20, sampled_on="2026-11-26")).json["passed"]
    resumed = generator.get(channel).json
    assert (resumed["paused"], resumed["pause_reason"]) == (False, None)
    assert marketplace.matches(generator, supply) == [demand["id"]]


def kinds_of(party):
    return {message["kind"] for message in party.get("/notifications").json["items"]}


def at(marketplace, day):
    marketplace.now = datetime(*day, 2, tzinfo=UTC)


def test_a_month_without_a_test_is_announced_and_pauses(marketplace, pair):
    generator, recycler, channel = pair
    assert generator.get(channel).json["test_due_on"] == "2027-01-10"
    at(marketplace, (2027, 1, 3))
    with marketplace.app.app_context():
        notifications.announce_endings()
    marketplace.settle()
    assert "permit.test_due" in kinds_of(generator)
    assert "permit.test_due" not in kinds_of(recycler)
    at(marketplace, (2027, 1, 10))
    pause_overdue(marketplace)
    assert not generator.get(channel).json["paused"]
    at(marketplace, (2027, 1, 11))
    pause_overdue(marketplace)
    shown = generator.get(channel).json
    assert (shown["pause_cause"], shown["paused_for"]) == ("test_missing", "2026-12-01")
    assert "2026-12" in shown["pause_reason"]
    assert generator.post(f"{channel}/tests", acid(20, sampled_on="2027-01-05")).json["passed"]
    assert generator.get(channel).json["test_due_on"] == "2027-03-10"


def pause_overdue(marketplace):
    with marketplace.app.app_context():
        lives.make_overdue_moves()


def test_an_admin_pauses_and_resumes_with_a_reason(marketplace, pair):
    generator, recycler, channel = pair
    paused = marketplace.admin.post(f"{channel}/pause", {"reason": "现场检查"}).json
    assert (paused["paused"], paused["pause_reason"]) == (True, "现场检查")
    denied(marketplace.admin.post(f"{channel}/pause", {"reason": "再次"}), 409, "wrong_state")
    assert generator.post(f"{channel}/tests", TEST).json["passed"]
    assert generator.get(channel).json["paused"]
    assert not marketplace.admin.post(f"{channel}/resume", {"reason": "合格"}).json["paused"]
    denied(marketplace.admin.post(f"{channel}/resume", {}), 422, "invalid_input")
    denied(recycler.post(f"{channel}/resume", {"reason": "x"}), 403, "role_forbids")


def test_bad_tests_are_refused_and_nothing_is_kept(marketplace, pair):
    generator, recycler, channel = pair
    denied(recycler.post(f"{channel}/tests", TEST), 403, "channel_generator_only")
    for body, code in (
        (acid(20, sampled_on="2026-12-02"), "sampled_in_future"),
        (acid(-1), "invalid_input"),
        ({**TEST, "results": [{"component": "Fe", "value": 1, "unit": "%"}]}, "component_not_tested"),
        ({**TEST, "results": [{"component": "H2SO4", "value": 1, "unit": "furlong"}]}, "unit_unknown"),
        ({name: value for name, value in TEST.items() if name != "cma"}, "invalid_input"),
    ):
        denied(generator.post(f"{channel}/tests", body), 422, code)
    assert generator.get(f"{channel}/tests").json["items"] == []


def test_files_and_book_are_kept_and_corrected_by_entries(marketplace, pair):
    generator, recycler, channel = pair
    test = generator.post(f"{channel}/tests", TEST).json["id"]
    file = generator.call("POST", f"{channel}/tests/{test}/files", data=PDF, content_type="application/pdf")
    assert file.status_code == 201, file.json
    assert recycler.get(f"{channel}/tests").json["items"][0]["files"][0]["id"] == file.json["id"]
    assert recycler.get(f"{channel}/files/{file.json['id']}").data == PDF

    book = f"{channel}/secondary-waste"
    denied(generator.post(book, WASTE), 403, "channel_receiver_only")
    entry = recycler.post(book, WASTE).json
    assert (entry["tonnes"], entry["kept_until"]) == (0.4, "2036-12-01")
    correct = f"{book}/{entry['id']}/correct"
    taken = recycler.post(correct, {"tonnes": 0.3, "note": "误记"}).json
    assert (taken["tonnes"], taken["corrects_id"]) == (-0.3, entry["id"])
    denied(recycler.post(correct, {"tonnes": 0.2, "note": "误记"}), 409, "not_enough_left")
    again = f"{book}/{taken['id']}/correct"
    denied(recycler.post(again, {"tonnes": 0.1, "note": "误记"}), 409, "corrects_correction")
    assert [row["tonnes"] for row in generator.get(book).json["items"]] == [-0.3, 0.4]


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 500), st.sets(st.integers(0, 30)))
def test_the_month_expected_is_never_late_never_tested_and_never_before_the_channel(first, later, tested):
    channel = Channel(
        standard=[{}],
        valid_from=first,
        valid_until=date(2040, 1, 1),
        created_at=datetime(first.year, first.month, first.day, tzinfo=UTC),
    )
    months = [first.replace(day=1)]
    for _ in range(30):
        months.append(month_after(months[-1]))
    today = first + timedelta(days=later)
    month = expected_month(channel, {months[place] for place in tested}, today)
    assert month is not None
    assert due_day(month) >= today
    assert month >= first.replace(day=1)
    assert month not in {months[place] for place in tested}


def test_bounds_are_compared_in_one_unit():
    standard = [{"component": "Fe", "min": None, "max": 0.05, "unit": "%"}]
    assert out_of_bounds(standard, [{"component": "铁", "value": 500, "unit": "mg/kg"}]) == []
    (found,) = out_of_bounds(standard, [{"component": "铁", "value": 501, "unit": "mg/kg"}])
    assert (found["value"], found["max"], found["bound_unit"]) == (501, 0.05, "%")


@pytest.mark.parametrize("use", ["食品添加剂", "饲料级磷酸", "animal feed", "原料药品中间体"])
def test_a_product_is_never_for_food_feed_or_drugs(use):
    with pytest.raises(Invalid) as refusal:
        check_terms({"product_use": use})
    assert refusal.value.code == "product_use_forbidden"


@pytest.mark.parametrize("use", ["非食品级水处理剂", "不得用于食品、饲料", "feedstock", "农药中间体", None])
def test_other_uses_are_allowed(use):
    check_terms({"product_use": use})
