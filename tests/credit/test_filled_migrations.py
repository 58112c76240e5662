"""Migrations of the credit half go down and up again with rows in their tables, and nothing older is lost."""

from datetime import date
from uuid import UUID

import pytest
from alembic import command as alembic
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marketplace.appeals.models import Appeal, Repair
from marketplace.boards.models import BoardEntry
from marketplace.credit.models import Block, CreditEvent, CreditImport, CreditUnmatched, Evaluation
from marketplace.desk.models import Assignment, GradeChange
from marketplace.early_warnings.models import EarlyWarning, EarlyWarningModel, EarlyWarningRun
from marketplace.enterprises.models import Enterprise, Staff
from marketplace.evaluations.models import EvaluationJob, EvaluationReminder
from marketplace.inspections.models import Inspection, InspectionAnswer, InspectionPhoto
from marketplace.reporting.models import (
    ClassDecision,
    Declaration,
    DeclarationVersion,
    ManagementPlan,
    PlanVersion,
)
from tests.licences.test_old_doubles import config, ident  # noqa: F401

BEFORE = "0060"
"""Behind it: declarations, the board, previews, the desk, early warnings, photos."""
FIRM, OFFICER, EVENT, PUBLISHED, PREVIEW, MODEL = (UUID(ident(number)) for number in range(1, 7))
DAY = date(2026, 3, 1)
ADDED = ("job_id", "inputs", "inputs_sha256", "score_milli", "grade", "axes", "provisional", "missing")
"""What an evaluation has only since it has a preview."""
REPORT = {"due_on": date(2026, 4, 15), "management_class": "key", "class_basis": "decision"}
ABOUT_FIRM = {"enterprise_id": FIRM}


def fill(session):
    """A row in each table, those that others point at first."""
    session.add(Staff(id=OFFICER, kind="admin", name="x"))
    session.add(
        Enterprise(
            id=FIRM, uscc="0" * 18, name="x", name_folded="x", name_skeleton="x", roles=["recycler"],
            region=330000, lon=120, lat=30, contact_name="x", contact_email="x@example.com",
            contact_phone="1",
        )
    )  # fmt: skip
    session.flush()
    session.add(
        CreditEvent(
            id=EVENT, rule="law.penalty_major", rule_version=1, axis="law", points_milli=-15_000,
            severity="general", effective_on=DAY, lapses_on=date(2028, 3, 1), note="x", **ABOUT_FIRM,
        )
    )  # fmt: skip
    job, inspection = EvaluationJob(region=330000, note="x", total=2), Inspection(
        checklist="recycler", kind="district", way="site", begun_on=DAY, **ABOUT_FIRM
    )  # fmt: skip
    imported = CreditImport(source="x", rows_total=1)
    declaration = Declaration(
        kind="month", first_day=date(2026, 2, 1), last_day=date(2026, 2, 28), **REPORT, **ABOUT_FIRM
    )
    plan = ManagementPlan(year=2026, **REPORT, **ABOUT_FIRM)
    model = EarlyWarningModel(
        id=MODEL, month=DAY, verdict="not_better", card={"months": 24}, is_simulated=True
    )
    session.add_all([job, inspection, imported, declaration, plan, model])
    session.flush()
    (item,) = session.execute(text("SELECT min(id) FROM inspection_item")).one()
    session.add(InspectionAnswer(inspection_id=inspection.id, item_id=item, position=1, points=1, note="x"))
    inputs = {
        "job_id": job.id, "inputs": {"events": []}, "inputs_sha256": "0" * 64, "score_milli": 65_000,
        "grade": "C", "axes": {"law": -15_000}, "provisional": False, "missing": ["inspection"], "note": "x",
    }  # fmt: skip
    session.add(
        Evaluation(id=PUBLISHED, published_on=DAY, valid_until=date(2028, 3, 1), **ABOUT_FIRM, **inputs)
    )
    session.add(Evaluation(id=PREVIEW, **ABOUT_FIRM, **inputs | {"job_id": None}))
    session.flush()
    session.add_all([
        Appeal(event_id=EVENT, reason="x", due_on=DAY, **ABOUT_FIRM),
        Repair(event_id=EVENT, promise="x", due_on=DAY, **ABOUT_FIRM),
        Block(event_id=EVENT, reason="x", **ABOUT_FIRM),
        CreditUnmatched(import_id=imported.id, source="x", reference="1", uscc="1" * 18, data={"rule": "x"}),
        InspectionPhoto(
            inspection_id=inspection.id, item_id=item, shows="finding", sha256="0" * 64,
            media_type="image/png", size=1, name="x.png",
        ),
        ClassDecision(management_class="key", source="x", valid_from=DAY, **ABOUT_FIRM),
        DeclarationVersion(declaration_id=declaration.id, no=1, action="confirm", lines=[]),
        PlanVersion(plan_id=plan.id, no=1, action="submit", parts={}),
        BoardEntry(event_id=EVENT, published_on=DAY, **ABOUT_FIRM),
        EvaluationReminder(evaluation_id=PUBLISHED, days=90),
        Assignment(kind="appeal", subject_id=EVENT, assigned_to=OFFICER, assigned_by=OFFICER),
        GradeChange(grade_before="B", grade="C", **ABOUT_FIRM),
        EarlyWarning(
            risk=0.5, parts=[], others=0, model_id=MODEL, warned_on=DAY, computed_on=DAY, **ABOUT_FIRM
        ),
        EarlyWarningRun(day=DAY, model_id=MODEL, scored=1, warned=1),
    ])  # fmt: skip


def contents(engine):
    """Table -> its rows as texts that can be compared."""
    with engine.connect() as connection:
        return {
            table: sorted(
                connection.scalars(
                    text(f"SELECT to_jsonb(held) - '{{{','.join(ADDED)}}}'::text[] FROM {table} held")
                ),
                key=str,
            )
            for table in inspect(engine).get_table_names()
        }


def test_rows_of_before_survive_and_what_is_made_anew_is_as_it_was_at_first(config, fresh_database):  # noqa: F811
    engine = create_engine(fresh_database)
    at_first = contents(engine)
    with Session(engine) as session, session.begin():
        fill(session)
    filled = contents(engine)

    alembic.downgrade(config, BEFORE)
    kept = set(contents(engine))
    alembic.upgrade(config, "head")
    after = contents(engine)

    assert {"credit_event", "credit_evaluation", "credit_appeal", "inspection_answer"} <= kept
    assert kept.isdisjoint(
        {"declaration", "board_entry", "evaluation_job", "desk_assignment", "early_warning"}
    )
    filled["credit_evaluation"] = [row for row in filled["credit_evaluation"] if row["published_on"]]
    for table, rows in after.items():
        assert rows == (filled if table in kept else at_first)[table], table
    assert len(after["credit_evaluation"]) == 1
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text("UPDATE credit_evaluation SET note = 'y'"))
    engine.dispose()
