"""Appeals against credit events, their repair, and by whom they may be decided.

Revision ID: 0057
Revises: 0056
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

ORDER_36 = "国家发展和改革委员会令第36号，2026-04-01 起施行"
OURS = "平台自定 / our own choice"
IN_FORCE, LAUNCH = date(2026, 4, 1), date(2000, 1, 1)
TERMS = (("light", 0, 0), ("general", 3, 12), ("serious", 12, 36))
"""Severity, shortest and longest months of publication."""
DEADLINES = (
    ("appeal", 15, 0, LAUNCH, "O", OURS),
    ("decide_appeal", 20, 3, LAUNCH, "O", OURS),
    ("decide_repair", 10, 3, IN_FORCE, "S", ORDER_36),
    ("decide_complex_repair", 20, 3, IN_FORCE, "S", ORDER_36),
)
"""Step, working days, working days of the reminder before the last one, validity, mark, source."""

OWN_DECISION = """
    CREATE FUNCTION refuse_own_decision() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        officer CONSTANT uuid := to_jsonb(NEW) ->> TG_ARGV[0];
        event CONSTANT uuid := to_jsonb(NEW) ->> TG_ARGV[1];
    BEGIN
        IF officer = (SELECT recorded_by FROM credit_event WHERE id = event) THEN
            RAISE EXCEPTION 'whoever recorded a credit event may not take it back or decide about it'
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = format('ck_%s_second_officer', TG_TABLE_NAME);
        END IF;
        RETURN NEW;
    END $$
"""
REFUSING = {
    "credit_appeal": ("decided_by", "event_id"),
    "credit_repair": ("decided_by", "event_id"),
    "credit_event": ("recorded_by", "withdraws"),
}
"""By table: who decides, and about which event; of credit events these are the compensations."""


def upgrade() -> None:
    _create_tables()
    _insert_rows()
    op.execute(OWN_DECISION)
    for table, (officer, event) in REFUSING.items():
        op.execute(
            f"CREATE TRIGGER second_officer BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW"
            f" WHEN (NEW.{officer} IS NOT NULL AND NEW.{event} IS NOT NULL)"
            f" EXECUTE FUNCTION refuse_own_decision('{officer}', '{event}')"
        )


def _create_tables() -> None:
    op.create_table(
        "credit_publication_term",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("shortest_months", sa.SmallInteger(), nullable=False),
        sa.Column("longest_months", sa.SmallInteger(), nullable=False),
        *_validity(),
        sa.CheckConstraint(
            "severity IN ('light', 'general', 'serious')", name=op.f("ck_credit_publication_term_severity")
        ),
        sa.CheckConstraint("mark IN ('T', 'S', 'O')", name=op.f("ck_credit_publication_term_mark")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_credit_publication_term_validity")),
        sa.CheckConstraint(
            "shortest_months BETWEEN 0 AND longest_months", name=op.f("ck_credit_publication_term_months")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_publication_term")),
    )
    op.create_table(
        "appeal_deadline",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("working_days", sa.SmallInteger(), nullable=False),
        sa.Column("remind_days", sa.SmallInteger(), nullable=False),
        *_validity(),
        sa.CheckConstraint(
            "step IN ('appeal', 'decide_appeal', 'decide_repair', 'decide_complex_repair')",
            name=op.f("ck_appeal_deadline_step"),
        ),
        sa.CheckConstraint("mark IN ('T', 'S', 'O')", name=op.f("ck_appeal_deadline_mark")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_appeal_deadline_validity")),
        sa.CheckConstraint(
            "working_days > 0 AND remind_days BETWEEN 0 AND working_days",
            name=op.f("ck_appeal_deadline_days"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_deadline")),
    )
    op.create_table(
        "credit_appeal",
        *_ids(),
        sa.Column("reason", sa.String(), nullable=False),
        *_course(),
        sa.CheckConstraint(
            "status IN ('open', 'upheld', 'overturned', 'withdrawn', 'ended')",
            name=op.f("ck_credit_appeal_status"),
        ),
        sa.CheckConstraint("reminded_of IN ('due', 'overdue')", name=op.f("ck_credit_appeal_reminded_of")),
        sa.CheckConstraint(
            "(status IN ('upheld', 'overturned')) = (decided_by IS NOT NULL)",
            name=op.f("ck_credit_appeal_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(status = 'open') = (closed_at IS NULL)", name=op.f("ck_credit_appeal_closed_at_a_moment")
        ),
        *_keys("credit_appeal"),
        sa.UniqueConstraint("event_id", name=op.f("uq_credit_appeal_event_id")),
    )
    op.create_index("ix_credit_appeal_enterprise", "credit_appeal", ["enterprise_id", "id"])
    op.create_index(
        "ix_credit_appeal_due", "credit_appeal", ["due_on"], postgresql_where=sa.text("status = 'open'")
    )
    op.create_table(
        "credit_repair",
        *_ids(),
        sa.Column("promise", sa.String(), nullable=False),
        sa.Column("is_complex", sa.Boolean(), nullable=False),
        *_course(),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_note", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'checked', 'granted', 'refused', 'withdrawn', 'ended')",
            name=op.f("ck_credit_repair_status"),
        ),
        sa.CheckConstraint("reminded_of IN ('due', 'overdue')", name=op.f("ck_credit_repair_reminded_of")),
        sa.CheckConstraint("decided_by <> checked_by", name=op.f("ck_credit_repair_second_officer")),
        sa.CheckConstraint(
            "status NOT IN ('checked', 'granted') OR checked_by IS NOT NULL",
            name=op.f("ck_credit_repair_checked"),
        ),
        sa.CheckConstraint(
            "(status IN ('granted', 'refused')) = (decided_by IS NOT NULL)",
            name=op.f("ck_credit_repair_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(status IN ('open', 'checked')) = (closed_at IS NULL)",
            name=op.f("ck_credit_repair_closed_at_a_moment"),
        ),
        *_keys("credit_repair"),
    )
    under_way = sa.text("status IN ('open', 'checked')")
    op.create_index(
        "ix_credit_repair_under_way", "credit_repair", ["event_id"], unique=True, postgresql_where=under_way
    )
    op.create_index("ix_credit_repair_event", "credit_repair", ["event_id"])
    op.create_index("ix_credit_repair_enterprise", "credit_repair", ["enterprise_id", "id"])
    op.create_index("ix_credit_repair_due", "credit_repair", ["due_on"], postgresql_where=under_way)


def _validity() -> list[sa.Column]:
    return [
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
    ]


def _ids() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
    ]


def _course() -> list[sa.Column]:
    return [
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminded_of", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["event_id"], ["credit_event.id"], name=op.f(f"fk_{table}_event_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f(f"fk_{table}_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _insert_rows() -> None:
    names = ("severity", "shortest_months", "longest_months", "valid_from", "mark", "source")
    op.bulk_insert(
        sa.table("credit_publication_term", *map(sa.column, names)),
        [dict(zip(names, (*term, IN_FORCE, "S", ORDER_36), strict=True)) for term in TERMS],
    )
    names = ("step", "working_days", "remind_days", "valid_from", "mark", "source")
    op.bulk_insert(
        sa.table("appeal_deadline", *map(sa.column, names)),
        [dict(zip(names, deadline, strict=True)) for deadline in DEADLINES],
    )


def downgrade() -> None:
    for table in REFUSING:
        op.execute(f"DROP TRIGGER second_officer ON {table}")
    op.execute("DROP FUNCTION refuse_own_decision()")
    for table in ("credit_repair", "credit_appeal", "appeal_deadline", "credit_publication_term"):
        op.drop_table(table)
