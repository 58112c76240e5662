"""Credit rules that stand in SQL as well as in Python: both say the same."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace import clock
from marketplace.credit import service as credit
from marketplace.credit.models import Block, BlockStatus, CreditEvent, Evaluation
from marketplace.credit.service.events import new_event
from marketplace.credit.service.lapse import counts, year_before
from marketplace.credit.service.score import BASE_NEWCOMER, CAP
from marketplace.credit.service.sums import sums_of, terms_of
from marketplace.database import db
from marketplace.enterprises.models import Enterprise, Grade
from marketplace.events.actor import PLATFORM
from marketplace.events.models import Event
from marketplace.events.work import unit_of_work
from seed import city as demo
from tests.marketplace import SHAOXING, TODAY, new_uscc

MERIT, DEDUCTION = (
    ("fulfilment.completed", "fulfilment", 500, 10_000),
    ("law.penalty_minor", "law", -6_000, None),
)


def write_enterprise(work, random):
    """An enterprise whose standing was right some days ago, with a random record."""
    day = TODAY - timedelta(days=random.randint(1, 40))
    since = random.choice([day - timedelta(days=random.randint(0, 1200)), year_before(TODAY)])
    enterprise = work.add(
        Enterprise(
            uscc=new_uscc(), name="x", roles=["recycler"], region=330602, lon=SHAOXING["lon"],
            lat=SHAOXING["lat"], contact_name="x", contact_email="x@example.com", contact_phone="1",
            created_at=datetime(since.year, since.month, since.day, random.choice([1, 17]), tzinfo=UTC),
            credit_as_of=day,
        )
    )  # fmt: skip
    for _ in range(random.choice([0, 1, 6, 6])):
        rule, axis, points, most = random.choice([MERIT] * 9 + [DEDUCTION])
        effective = day - timedelta(days=random.choice([10, 300, 700, 725, 731, 732]))
        work.add(
            CreditEvent(
                enterprise_id=enterprise.id, rule=rule, rule_version=1, axis=axis, points_milli=points,
                most_per_year_milli=most, effective_on=effective, note="x",
                lapses_on=credit.lapse_date(effective),
            )
        )  # fmt: skip
    if random.random() < 0.3:
        published = day - timedelta(days=random.choice([5, 725, 731, 760]))
        until = credit.lapse_date(published)
        work.add(Evaluation(enterprise_id=enterprise.id, published_on=published, valid_until=until, note=""))
    return enterprise


def record_of(enterprise):
    return [
        db.session.scalars(select(model).filter_by(enterprise_id=enterprise.id)).all()
        for model in (CreditEvent, Evaluation)
    ]


def days_on_which_it_changes(enterprise):
    """The days after which the formula may say something else, by Python alone."""
    events, evaluations = record_of(enterprise)
    yield from (event.lapses_on for event in events)
    yield from (evaluation.valid_until for evaluation in evaluations)
    if enterprise.provisional:
        since = enterprise.created_at.astimezone(clock.LOCAL).date()
        yield next(
            day for number in range(1500) if since <= year_before(day := since + timedelta(days=number))
        )


def write_standing(enterprise):
    """The standing on the day that the row says it is of."""
    events, evaluations = record_of(enterprise)
    since = enterprise.created_at.astimezone(clock.LOCAL).date()
    then = credit.standing(events, evaluations, since, enterprise.credit_as_of)
    enterprise.credit_milli, enterprise.grade = then.score, then.grade
    enterprise.provisional = then.is_provisional


def test_the_query_for_lapses_finds_whom_the_formula_finds_and_leaves_no_standing_stale(marketplace):
    random = Random(8)
    with marketplace.app.app_context():
        with unit_of_work() as work:
            rows = [write_enterprise(work, random) for _ in range(150)]
            for row in rows:
                write_standing(row)
        expected = {
            row.id
            for row in rows
            if any(row.credit_as_of < day <= TODAY for day in days_on_which_it_changes(row))
        }
        found = set(db.session.scalars(credit.due_for_refresh(TODAY)))
        assert found == expected
        assert 20 < len(expected) < 140, "both cases are tried"

        before = {row.id: row.credit_milli for row in rows}
        assert credit.refresh_lapsed() == len(expected)
        for row in db.session.scalars(select(Enterprise).execution_options(populate_existing=True)):
            now = credit.standing_of(row)
            assert (row.credit_milli, row.grade, row.provisional) == (
                now.score,
                now.grade,
                now.is_provisional,
            )
        changed = [row for row in rows if before[row.id] != row.credit_milli]
        assert len(changed) > 10
        assert not set(db.session.scalars(credit.due_for_refresh(TODAY)))


RECORDERS = {
    "law.penalty_minor": (-6_000, None, "light", "regulator"),
    "law.penalty_major": (-15_000, None, "general", "regulator"),
    "law.illegal_dumping": (-60_000, None, "serious", "regulator"),
    "manifest.late_close": (-2_000, 10_000, "light", "system"),
    "manifest.weight_unexplained": (-4_000, None, "light", "system"),
    "reporting.missing": (-5_000, None, "general", "system"),
    "site.over_capacity": (-8_000, None, "general", "system"),
    "site.defect": (-4_000, 16_000, "light", "regulator"),
    "fulfilment.completed": (500, 10_000, None, "system"),
    "own.rule": (-3_500, None, "light", "admin"),
}
AXIS_OF = {"manifest": "manifests", "own": "site"}


def write_record(work, random, enterprise):
    """Events of all kinds and states on days about which the formula is careful, evaluations and a block."""
    kinds = random.sample(sorted(RECORDERS), random.randint(1, 5))
    for _ in range(random.choice([0, 3, 8, 25])):
        rule = random.choice(kinds)
        points, most, severity, recorder = RECORDERS[rule]
        months = random.choice([12, 18, 24])
        day = TODAY - timedelta(days=random.choice([0, 1, 90, 330, 335, 364, 365, 366, 640, 729, 730]))
        prefix = rule.partition(".")[0]
        status = random.choice(["recorded"] * 8 + ["withdrawn", "repaired"])
        work.add(
            CreditEvent(
                enterprise_id=enterprise.id, rule=rule, rule_version=1, axis=AXIS_OF.get(prefix, prefix),
                points_milli=points, most_per_year_milli=random.choice([most, None, most]),
                severity=severity, months=months, recorded_as=recorder, status=status, note="x",
                cause=random.choice([None, "manifest:1:receipt", "manifest:2:receipt"]),
                is_self_reported=rule == "site.defect" and random.random() < 0.5,
                effective_on=day, lapses_on=credit.lapse_date(day, months),
            )
        )  # fmt: skip
    if random.random() < 0.2:
        work.add(Block(enterprise_id=enterprise.id, reason="x"))


def by_terms(events, rules):
    """The events as they would be by the rules of another table; those that lapse by it are gone."""
    by_code = {rule["code"]: rule for rule in rules}
    for event in filter(lambda event: counts(event, TODAY), events):
        rule = by_code.get(event.rule)
        if rule is None:
            yield event
            continue
        data = {"effective_on": event.effective_on, "is_self_reported": event.is_self_reported}
        other = new_event(PLATFORM, data, 1, rule)
        other.rule, other.cause = event.rule, event.cause
        yield other


@pytest.fixture
def recorded(marketplace):
    """Enterprises with records of every kind, whose written standings are wrong."""
    random = Random(13)
    with marketplace.app.app_context():
        with unit_of_work() as work:
            rows = [write_enterprise(work, random) for _ in range(120)]
            for row in rows:
                write_record(work, random, row)
        yield rows


def test_the_sums_in_sql_make_the_standings_that_the_formula_makes(recorded):
    found = {each.enterprise_id: each for each in sums_of([row.id for row in recorded], TODAY)}
    assert len(found) == len(recorded)
    for row in recorded:
        now, each = credit.standing_of(row), found[row.id]
        expected = (
            now.score,
            now.grade,
            now.is_provisional,
            bool(credit.blocks_in_force(row.id)),
            now.valid_until,
        )
        assert each.standing == expected
    capped = [row for row in recorded if any(line.rule == CAP for line in credit.standing_of(row).lines)]
    assert len(capped) > 5, "the cap is tried"
    assert {each.grade for each in found.values()} == set(Grade)


def test_a_simulation_in_sql_is_the_formula_with_the_terms_of_the_version(recorded):
    rules = [rule for rule in credit.current_rules().rules if rule["code"] != "site.over_capacity"]
    other = {
        "law.penalty_minor": {"points": -9, "months": 11},
        "reporting.missing": {"recorded_by": "admin"},
        "manifest.late_close": {"most_per_year": 3},
        "site.defect": {"points": -5, "severity": "general"},
        "manifest.weight_unexplained": {"severity": "general"},
    }
    rules = [{**rule, **other.get(rule["code"], {})} for rule in rules]
    found = {
        each.enterprise_id: each for each in sums_of([row.id for row in recorded], TODAY, terms_of(rules))
    }
    differing = 0
    for row in recorded:
        events, evaluations = record_of(row)
        since = row.created_at.astimezone(clock.LOCAL).date()
        then = credit.standing(list(by_terms(events, rules)), evaluations, since, TODAY)
        assert found[row.id].score == then.score
        differing += then.score != credit.standing_of(row).score
    assert differing > 20


def test_recomputing_writes_every_standing_that_differs_and_says_so(recorded):
    assert credit.recompute()[0] == len(recorded)
    for row in db.session.scalars(select(Enterprise).execution_options(populate_existing=True)):
        now = credit.standing_of(row)
        assert (row.credit_milli, row.grade, row.provisional) == (now.score, now.grade, now.is_provisional)
        assert (row.blocked, row.credit_valid_until) == (
            bool(credit.blocks_in_force(row.id)),
            now.valid_until,
        )
    said = db.session.scalars(select(Event.payload).where(Event.name == "credit.changed")).all()
    assert len(said) > 60
    for payload in said:
        row = db.session.get_one(Enterprise, UUID(payload["enterprise_id"]))
        assert (payload["score"] * 1000, payload["grade"]) == (row.credit_milli, row.grade)
    assert credit.recompute() == (len(recorded), 0)


def test_the_database_starts_an_enterprise_where_the_formula_does():
    newcomer = credit.standing([], [], TODAY, TODAY)
    columns = Enterprise.__table__.c
    assert columns.credit_milli.server_default.arg.text == str(newcomer.score) == str(BASE_NEWCOMER)
    assert columns.grade.server_default.arg.text == f"'{newcomer.grade}'"
    assert columns.provisional.server_default.arg.text == str(newcomer.is_provisional).lower()


def test_a_block_is_in_force_until_its_status_is_lifted(marketplace):
    recycler = marketplace.enterprise("recycler")
    with marketplace.app.app_context():
        blocks = [
            Block(enterprise_id=recycler.id, reason="x", confirmed_at=confirmed, lifted_at=lifted)
            for confirmed in (None, clock.now())
            for lifted in (None, clock.now())
        ]
        with unit_of_work() as work:
            for block in blocks:
                work.add(block)
        in_force = {block.id for block in credit.blocks_in_force(recycler.id)}
        assert in_force == {block.id for block in blocks if block.state is not BlockStatus.LIFTED}
        assert {block.state for block in blocks} == set(BlockStatus)


def test_the_demo_grades_scores_as_the_platform_does():
    for score_milli in range(0, 100_001, 250):
        grade = next(grade for grade, floor in demo.GRADES if score_milli / 1000 >= floor)
        assert grade == credit.grade_of(score_milli)


def test_the_demo_counts_the_points_of_the_default_table(marketplace):
    with marketplace.app.app_context():
        points = {rule["code"]: rule["points"] for rule in credit.current_rules().rules}
    assert demo.RULE_POINTS.items() <= points.items()
