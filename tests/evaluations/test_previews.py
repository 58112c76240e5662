"""A preview freezes both halves and the score with all that they were made of, and counts for nothing."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.credit import service as credit
from marketplace.credit.models import Evaluation
from marketplace.database import db
from marketplace.evaluations import jobs
from marketplace.evaluations.service import making
from marketplace.ledger import service as ledger
from marketplace.ledger.models import LedgerEntry
from tests.counting import count_statements
from tests.evaluations.previews import (
    ROOT,
    declared,
    inspected,
    preview_of,
    previews_of,
    publish,
    published_at_once,
    run,
    show,
    start,
)
from tests.reporting.world import OIL, Reports, ok, refused


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="酸厂")


def lacking(evaluation):
    return [each["what"] for each in evaluation["missing"]]


def entries_of(marketplace, evaluation):
    """What the ledger holds of an evaluation: the row of each of its entries."""
    with marketplace.app.app_context():
        query = select(LedgerEntry.content).where(LedgerEntry.row_id == evaluation["id"])
        return [json.loads(content)["row"] for content in db.session.scalars(query)]


# ---------------------------------------------------------------- what is frozen


def test_a_preview_freezes_both_halves_and_the_score_with_their_inputs(marketplace, firm):
    declared(marketplace, firm)
    inspection = inspected(marketplace, firm, S3=1)
    event = marketplace.credit_event(firm, "law.penalty_minor")

    job = start(marketplace, enterprise_id=firm.id, note="年度评价")
    assert (job["status"], job["done"], job["total"], job["ended_at"]) == ("queued", 0, 1, None)
    marketplace.settle()
    job = ok(marketplace.admin.get(f"/credit/evaluation-jobs/{job['id']}"))
    assert (job["status"], job["done"], job["total"]) == ("done", 1, 1)

    (head,) = previews_of(marketplace, job)
    preview = show(marketplace.admin, head)
    assert (preview["status"], preview["published_on"], preview["valid_until"]) == ("preview", None, None)
    assert (preview["score"], preview["grade"], preview["axes"]["law"]) == (94, "A", 94)
    assert preview["current"] == {"score": 74, "grade": "C"}
    assert (preview["provisional"], lacking(preview), preview["note"]) == (True, ["record"], "年度评价")
    online, site = preview["online"], preview["site"]
    assert (online["due"], online["confirmed"], online["completeness_percent"]) == (1, 1, 100.0)
    assert (online["agreeing"], online["truth_percent"], online["in_hand_t"]) == (1, 100.0, 10.0)
    assert (site["inspection_id"], site["result"], site["percent"]) == (inspection["id"], "pass", 97.5)
    assert (site["findings"], site["open_findings"]) == (1, 1)
    assert preview["inputs"]["credit"]["events"] == [event["id"]]


def test_anybody_can_compute_the_digest_of_the_inputs(marketplace, firm):
    inspected(marketplace, firm)
    preview = preview_of(marketplace, firm)

    written = json.dumps(preview["inputs"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert hashlib.sha256(written.encode()).hexdigest() == preview["inputs_sha256"]


def test_what_does_not_add_up_is_counted_in_the_online_half(marketplace, firm):
    declared(marketplace, firm, closing_kg=5500, outside_kg=200)

    online = preview_of(marketplace, firm)["online"]

    assert (online["gaps"], online["differences"], online["agreeing"]) == (1, 1, 0)
    assert (online["truth_percent"], online["gap_t"]) == (0.0, 0.3)


def test_what_was_declared_is_compared_with_the_closed_manifests_of_both_sides(marketplace):
    reports = Reports(marketplace)
    generator, recycler = reports.generator, reports.recycler
    reports.load(date(2026, 9, 30), 4.0)
    reports.load(date(2026, 10, 1), 2.0)  # after the period
    declared(marketplace, generator, outside_kg=4000, closing_kg=2000)
    declared(marketplace, recycler, received_kg=4000, closing_kg=10_000)

    def agreeing(party):
        online = preview_of(marketplace, party)["online"]
        return online["agreeing"], online["differences"], online["gaps"]

    assert agreeing(generator) == agreeing(recycler) == (1, 0, 0)
    reports.load(date(2026, 7, 1), 1.5)
    assert agreeing(generator) == agreeing(recycler) == (0, 1, 0)


def test_a_code_that_only_manifests_name_is_a_difference(marketplace):
    reports = Reports(marketplace)
    reports.load(date(2026, 8, 5), 3.0, code=OIL)
    declared(marketplace, reports.generator)

    online = preview_of(marketplace, reports.generator)["online"]

    assert (online["differences"], online["truth_percent"]) == (1, 0.0)


def test_reports_before_the_last_year_and_reports_that_are_not_due_yet_are_left_out(marketplace, firm):
    declared(marketplace, firm)
    marketplace.now = datetime(2026, 10, 15, 4, tzinfo=UTC)
    assert preview_of(marketplace, firm)["online"]["due"] == 0
    marketplace.now = datetime(2026, 10, 16, 4, tzinfo=UTC)
    assert preview_of(marketplace, firm)["online"]["due"] == 1
    marketplace.now = datetime(2027, 10, 16, 4, tzinfo=UTC)
    assert preview_of(marketplace, firm)["online"]["due"] == 0


def test_a_newcomer_is_provisional_and_what_it_lacks_is_named_in_both_languages(marketplace, firm):
    preview = preview_of(marketplace, firm)

    assert preview["provisional"] is True
    assert lacking(preview) == ["inspection", "record"]
    assert preview["site"] is None
    assert preview["online"]["completeness_percent"] is None
    assert "newcomer" in preview["missing"][1]["detail"]
    chinese = marketplace.admin.call("GET", f"{ROOT}/{preview['id']}", headers={"Accept-Language": "zh-CN"})
    assert "新入驻" in chinese.json["missing"][1]["detail"]


def test_who_owes_no_reports_lacks_none_and_who_owes_some_lacks_what_was_not_due_yet(marketplace, firm):
    free = preview_of(marketplace, firm)
    reports = Reports(marketplace)
    reports.load(date(2026, 11, 20), 4.0)
    owing = preview_of(marketplace, reports.generator)

    assert (free["online"]["applies"], free["online"]["due"]) == (False, 0)
    assert "none due" in free["online"]["detail"]
    assert not {"declarations", "balance"} & set(lacking(free))
    assert (owing["online"]["applies"], owing["online"]["due"]) == (True, 0)
    assert lacking(owing)[:2] == ["declarations", "balance"]
    declared(marketplace, firm, confirmed=False)
    late = preview_of(marketplace, firm)
    assert late["online"]["detail"] == "0 of 1 declarations due in the last year are confirmed"
    assert "balance" in lacking(late)


def test_a_declaration_that_nobody_confirmed_and_a_self_check_leave_the_halves_unknown(marketplace, firm):
    declared(marketplace, firm, confirmed=False)
    inspected(marketplace, firm, kind="self")

    preview = preview_of(marketplace, firm)

    assert lacking(preview) == ["balance", "inspection", "record"]
    assert (preview["online"]["due"], preview["online"]["completeness_percent"]) == (1, 0.0)
    assert preview["site"]["kind"] == "self"


def test_the_newest_inspection_by_an_officer_counts_before_a_newer_self_check(marketplace, firm):
    first = inspected(marketplace, firm)
    marketplace.now += timedelta(days=1)
    inspected(marketplace, firm, kind="self")
    assert preview_of(marketplace, firm)["site"]["inspection_id"] == first["id"]

    marketplace.now += timedelta(days=1)
    second = inspected(marketplace, firm)
    assert preview_of(marketplace, firm)["site"]["inspection_id"] == second["id"]


def test_a_preview_does_not_make_an_enterprise_established(marketplace, firm):
    before = firm.standing()
    preview = preview_of(marketplace, firm)

    assert preview["score"] == 100
    assert firm.standing() == before
    assert (before["score"], before["provisional"], before["valid_until"]) == (80, True, None)
    with marketplace.app.app_context():
        assert credit.recompute()[1] == 0
    (shown,) = ok(marketplace.admin.get("/credit/grades", q="酸厂"))["items"]
    assert (shown["grade"], shown["valid_until"]) == ("B", None)
    exported = json.loads(firm.get("/enterprises/me/export").get_data())["tables"]
    assert exported["credit_evaluation"] == []
    marketplace.credit_event(firm, "site.defect")
    assert firm.standing()["score"] == 76


def test_a_preview_is_no_entry_of_the_ledger_until_it_is_published(marketplace, firm):
    with marketplace.app.app_context():
        ledger.begin()
    preview = preview_of(marketplace, firm)
    assert entries_of(marketplace, preview) == []

    ok(publish(marketplace, preview))

    (entry,) = entries_of(marketplace, preview)
    assert (entry["published_on"], entry["inputs_sha256"]) == ("2026-12-01", preview["inputs_sha256"])
    assert entry["inputs"] == preview["inputs"]
    with marketplace.app.app_context():
        preview_of(marketplace, firm)
        assert ledger.verify().first_bad is None


# ---------------------------------------------------------------- jobs


def test_a_region_job_goes_on_after_a_kill_and_makes_one_preview_of_each(marketplace, firm, monkeypatch):
    firms = {firm.id, *(marketplace.enterprise("recycler").id for _ in range(4))}
    shanghai = {"lon": 121.49, "lat": 31.23, "crs": "wgs84"}
    marketplace.enterprise("generator", region="310101", location=shanghai)
    marketplace.enterprise("generator", approved=False)
    monkeypatch.setattr(making, "BATCH", 2)
    job = start(marketplace, region="330600")
    assert job["total"] == 5

    def progress():
        shown = ok(marketplace.admin.get(f"/credit/evaluation-jobs/{job['id']}"))
        return shown["status"], shown["done"]

    def killed(*_, **__):
        raise SystemExit

    run(marketplace, job)
    with monkeypatch.context() as patch:
        patch.setattr(making, "audited_as", killed)
        with pytest.raises(SystemExit):
            run(marketplace, job)
    assert progress() == ("queued", 2)
    with monkeypatch.context() as patch:
        patch.setattr(making.Work, "audit_many", killed)
        with pytest.raises(SystemExit):
            run(marketplace, job)
    assert progress() == ("queued", 2)
    assert len(previews_of(marketplace, job)) == 2

    marketplace.settle()

    assert progress() == ("done", 5)
    run(marketplace, job)
    made = [each["enterprise_id"] for each in previews_of(marketplace, job)]
    assert sorted(made) == sorted(firms)


def test_a_batch_takes_no_more_statements_for_more_enterprises(marketplace, firm):
    def made_by():
        job = start(marketplace, region="330600")
        with count_statements() as sent:
            run(marketplace, job)
        return len(sent)

    declared(marketplace, firm)
    inspected(marketplace, firm, S3=1)
    made_by()
    few = made_by()
    for _ in range(3):
        other = marketplace.enterprise("generator")
        declared(marketplace, other)
        inspected(marketplace, other, S3=1)

    assert made_by() == few


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "field_required", "enterprise_id"),
        ({"region": "330600", "published_on": "2026-11-01"}, "field_required", "enterprise_id"),
        ({"region": "999999"}, "unknown_region", "region"),
        ({"enterprise_id": str(UUID(int=1))}, "unknown_enterprise", "enterprise_id"),
        ({"enterprise_id": str(UUID(int=1)), "region": "330600"}, "either_enterprise_or_region", "region"),
    ],
)
def test_a_job_is_about_one_enterprise_or_one_region(marketplace, body, code, field):
    answer = marketplace.admin.post(ROOT, body)

    assert answer.status_code == 422
    assert field in answer.json["errors"], answer.json
    if code.startswith("unknown"):
        refused(answer, code)


def test_only_admins_ask_for_evaluations_and_publish_them(marketplace, firm):
    preview = preview_of(marketplace, firm)

    for party in (firm, marketplace.regulator("330600")):
        assert party.post(ROOT, {"enterprise_id": firm.id}).status_code == 403
        assert publish(marketplace, preview, party).status_code == 403


# ---------------------------------------------------------------- who sees what


def test_a_preview_is_seen_by_admins_and_the_regulator_of_its_region_only(marketplace, firm):
    preview = preview_of(marketplace, firm)
    neighbour = marketplace.enterprise("recycler")

    for party in (marketplace.admin, marketplace.regulator("330600")):
        assert [each["id"] for each in ok(party.get(ROOT))["items"]] == [preview["id"]]
        assert show(party, preview)["inputs"] == preview["inputs"]
    for party in (firm, neighbour, marketplace.regulator("310000")):
        assert ok(party.get(ROOT))["items"] == []
        assert ok(party.get(ROOT, mine=True))["items"] == []
        assert party.get(f"{ROOT}/{preview['id']}").status_code == 404


def test_what_is_published_is_seen_whole_by_its_enterprise_and_with_grade_and_end_by_others(
    marketplace, firm
):
    preview = preview_of(marketplace, firm)
    ok(publish(marketplace, preview))
    neighbour = marketplace.enterprise("recycler")
    brief = {
        "id": preview["id"], "enterprise_id": firm.id, "name": "酸厂", "grade": "A",
        "valid_until": "2028-12-01",
    }  # fmt: skip

    for party in (neighbour, marketplace.regulator("310000")):
        assert ok(party.get(ROOT))["items"] == [brief]
        assert show(party, preview) == brief
    assert ok(neighbour.get(ROOT, mine=True))["items"] == []
    (own,) = ok(firm.get(ROOT, mine=True))["items"]
    assert (own["score"], own["status"]) == (100, "published")
    assert show(firm, preview)["inputs"] == preview["inputs"]
    assert [each["id"] for each in ok(marketplace.admin.get(ROOT, mine=True))["items"]] == [preview["id"]]


def test_the_list_is_filtered_by_state_enterprise_and_end(marketplace, firm):
    early = published_at_once(marketplace, firm, "2025-01-01")
    other = marketplace.enterprise("recycler")
    late = published_at_once(marketplace, other, "2026-11-01")
    preview = preview_of(marketplace, firm)

    def listed(**query):
        return [each["id"] for each in ok(marketplace.admin.get(ROOT, **query))["items"]]

    assert listed() == [preview["id"], late["id"], early["id"]]
    assert listed(status="preview") == [preview["id"]]
    assert listed(status="published", enterprise_id=firm.id) == [early["id"]]
    assert listed(ends_by="2027-01-01") == [early["id"]]


# ---------------------------------------------------------------- immutable


def refused_by_trigger(marketplace, statement, evaluation):
    with marketplace.app.app_context():
        with pytest.raises(DBAPIError, match="an evaluation is frozen"):
            db.session.execute(text(statement), {"id": evaluation["id"]})
        db.session.rollback()


CHANGES = (
    "inputs = '{}'", "inputs_sha256 = repeat('0', 64)", "score_milli = 0", "grade = 'E'", "axes = '{}'",
    "missing = '[]'", "note = 'x'", "enterprise_id = enterprise_id", "recorded_by = NULL",
)  # fmt: skip


@pytest.mark.parametrize("is_published", [False, True])
def test_the_database_refuses_to_change_an_evaluation(marketplace, firm, is_published):
    inspected(marketplace, firm)
    evaluation = preview_of(marketplace, firm)
    if is_published:
        ok(publish(marketplace, evaluation))

    for change in CHANGES:
        refused_by_trigger(marketplace, f"UPDATE credit_evaluation SET {change} WHERE id = :id", evaluation)


def test_the_database_lets_a_preview_be_published_once_with_nothing_else_changed(marketplace, firm):
    preview = preview_of(marketplace, firm)
    publication = "UPDATE credit_evaluation SET published_on = '2026-12-01', valid_until = '2028-12-01'"

    refused_by_trigger(marketplace, f"{publication}, score_milli = 0 WHERE id = :id", preview)
    ok(publish(marketplace, preview))
    for change in ("published_on = NULL, valid_until = NULL", "valid_until = '2030-01-01'"):
        refused_by_trigger(marketplace, f"UPDATE credit_evaluation SET {change} WHERE id = :id", preview)
    refused_by_trigger(marketplace, f"{publication} WHERE id = :id", preview)
    refused_by_trigger(marketplace, "DELETE FROM credit_evaluation WHERE id = :id", preview)


def test_previews_that_nobody_published_are_deleted_after_ninety_days(marketplace, firm):
    left, published = preview_of(marketplace, firm), preview_of(marketplace, firm)
    ok(publish(marketplace, published))

    def kept_after(days):
        marketplace.now += timedelta(days=days)
        with marketplace.app.app_context():
            jobs.forget_previews()
            return {str(each) for each in db.session.scalars(select(Evaluation.id))}

    assert kept_after(89) == {left["id"], published["id"]}
    assert kept_after(2) == {published["id"]}
