"""Rules get their terms without a score being changed; what a deployment made its own stays so."""

import json
from collections import defaultdict
from datetime import date, timedelta
from random import Random
from uuid import UUID

from alembic import command as alembic
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from marketplace.credit.models import CreditEvent, RuleTable
from marketplace.credit.service import lapse_date, standing
from tests.licences.test_ledger_migration import HOLDER
from tests.licences.test_old_doubles import config, ident, rows  # noqa: F401
from tests.marketplace import TODAY

BEFORE = "0055"
RULES = {
    "law.penalty_minor": ("law", -6000, None),
    "law.penalty_major": ("law", -15000, None),
    "law.illegal_dumping": ("law", -60000, None),
    "manifest.late_close": ("manifests", -2000, None),
    "fulfilment.cancelled_by_fault": ("fulfilment", -4000, None),
    "fulfilment.completed": ("fulfilment", 500, 10000),
    "site.own": ("site", -9000, 15000),
}
INSERT = text("""
    INSERT INTO credit_event (id, enterprise_id, rule, rule_version, axis, points_milli, most_per_year_milli,
        effective_on, lapses_on, note, status, withdraws, created_at)
    VALUES (:id, :enterprise_id, :rule, 2, :axis, :points, :most, :day, :lapse, 'x', :status, :withdraws,
        now())
""")


def write_events(connection, random, enterprise, first):
    """A record of chance, of which one entry was withdrawn."""
    for number in range(first, first + 12):
        rule, (axis, points, most) = random.choice(sorted(RULES.items()))
        day = TODAY - timedelta(days=random.randint(0, 800))
        entry = {
            "id": ident(number), "enterprise_id": enterprise, "rule": rule, "axis": axis, "points": points,
            "most": most, "day": day, "lapse": lapse_date(day), "status": "recorded", "withdraws": None,
        }  # fmt: skip
        if number == first:
            connection.execute(INSERT, {**entry, "status": "withdrawn"})
            other = {"id": ident(number + 500), "points": -points, "status": "compensation"}
            connection.execute(INSERT, {**entry, **other, "withdraws": ident(number)})
        else:
            connection.execute(INSERT, entry)


def sum_of_before(connection, enterprise):
    """The score of an enterprise with an evaluation, by the formula of before: sums, limits, one clamp."""
    query = text(
        "SELECT rule, most_per_year_milli, points_milli, effective_on FROM credit_event"
        " WHERE enterprise_id = :id AND status = 'recorded' AND effective_on <= :today AND lapses_on > :today"
    )
    groups = defaultdict(int)
    for rule, most, points, day in connection.execute(query, {"id": enterprise, "today": TODAY}):
        groups[rule, most, day.year if most else None] += points
    total = sum(max(-most, min(most, points)) if most else points for (_, most, _), points in groups.items())
    return min(100_000, max(0, 80_000 + total))


def test_no_score_changes_and_old_events_keep_24_months(config, fresh_database):  # noqa: F811
    engine, random = create_engine(fresh_database), Random(56)
    alembic.downgrade(config, BEFORE)
    own = [{"code": "site.own", "axis": "site", "points": -9, "title": "Own", "most_per_year": 15}]
    with engine.begin() as connection:
        (table,) = connection.scalars(text("SELECT rules FROM credit_rule_table")).all()
        theirs = [{**rule, "points": -7} if rule["code"] == "law.penalty_minor" else rule for rule in table]
        connection.execute(
            text("INSERT INTO credit_rule_table VALUES (2, CAST(:rules AS jsonb), :by, now())"),
            {"rules": json.dumps(theirs + own), "by": ident(9)},
        )
        firms = [ident(number) for number in range(1, 9)]
        for number, firm in enumerate(firms, start=1):
            values = {"id": firm, "uscc": f"{number:018d}"}
            connection.execute(text(HOLDER.replace("'000000000000000001'", ":uscc")), values)
            write_events(connection, random, firm, 1000 * number)
        before = {firm: sum_of_before(connection, firm) for firm in firms}

    alembic.upgrade(config, "head")
    with Session(engine) as session:
        for firm in firms:
            events = session.scalars(select(CreditEvent).filter_by(enterprise_id=UUID(firm))).all()
            assert {event.months for event in events} == {24}
            now = standing(events, [], date(2026, 11, 1), TODAY)
            assert now.score == before[firm]
        assert min(before.values()) < 40_000 < max(before.values()), "below the cap and above it"
        kept = session.get_one(RuleTable, 3)
        by_code = {rule["code"]: rule for rule in kept.rules}
        assert (by_code["law.penalty_minor"]["points"], by_code["law.penalty_minor"]["months"]) == (-7, 12)
        assert by_code["site.own"] == own[0]
        assert len(kept.rules) == 48
    graded = dict(rows(engine, "SELECT DISTINCT rule, severity FROM credit_event WHERE status = 'recorded'"))
    assert graded == {
        "law.penalty_minor": "light", "law.penalty_major": "general", "law.illegal_dumping": "serious",
        "manifest.late_close": "light", "fulfilment.cancelled_by_fault": "light",
        "fulfilment.completed": None, "site.own": "general",
    }  # fmt: skip

    with engine.begin() as connection:
        connection.execute(text("UPDATE credit_event SET status = 'repaired' WHERE status = 'recorded'"))
    alembic.downgrade(config, BEFORE)
    assert rows(engine, "SELECT DISTINCT status FROM credit_event ORDER BY 1") == [
        ("compensation",), ("recorded",), ("withdrawn",),
    ]  # fmt: skip
    assert rows(engine, "SELECT version FROM credit_rule_table ORDER BY 1") == [(1,), (2,)]
    alembic.upgrade(config, "head")
    engine.dispose()
