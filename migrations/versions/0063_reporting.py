"""Declarations and management plans of hazardous waste: classes, terms, versions.

The due days are those of HJ 1259-2022, which does not move them where a day is not worked.

Revision ID: 0063
Revises: 0060
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0063"
down_revision = "0060"
branch_labels = None
depends_on = None

SOURCE = "HJ 1259-2022, {}"
TERMS = (
    ("key", "month", 1, 15, "7.2.1"),
    ("key", "year", 3, 31, "7.2.1"),
    ("simplified", "quarter", 1, 15, "7.2.2"),
    ("simplified", "year", 3, 31, "7.2.2"),
    ("registered", "year", 3, 31, "7.2.3"),
    ("key", "plan", 3, 31, "5.2.2"),
    ("simplified", "plan", 3, 31, "5.2.2"),
    ("registered", "plan", 3, 31, "5.2.2"),
)
"""Class, what is reported, months after the end of its period, day, article."""
CLASSES = "('key', 'simplified', 'registered')"
BASES = "('decision', 'licence', 'amount', 'unknown_amount')"
ACTIONS = "('confirm', 'correct', 'submit', 'amend', 'file')"


def _moment(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=True) for name in names]


def _report_columns() -> list[sa.Column]:
    """What declarations and plans have in common."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("management_class", sa.String(), nullable=False),
        sa.Column("class_basis", sa.String(), nullable=False),
        *_text("receipt"),
        sa.Column("filed_on", sa.Date(), nullable=True),
        _moment("late_at"),
        sa.Column("reminded_days", sa.SmallInteger(), nullable=True),
        _moment("created_at", nullable=False),
        _moment("updated_at", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _report_checks(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.CheckConstraint(f"management_class IN {CLASSES}", name=op.f(f"ck_{table}_management_class")),
        sa.CheckConstraint(f"class_basis IN {BASES}", name=op.f(f"ck_{table}_class_basis")),
        sa.CheckConstraint("(status = 'filed') = (receipt IS NOT NULL)", name=op.f(f"ck_{table}_receipt")),
        sa.CheckConstraint("(receipt IS NULL) = (filed_on IS NULL)", name=op.f(f"ck_{table}_filed")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f(f"fk_{table}_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _create_versions(table: str, key: str, parent: str, content: str) -> None:
    op.create_table(
        table,
        sa.Column(key, sa.Uuid(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column(content, postgresql.JSONB(), nullable=False),
        *_text("reason", "receipt"),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        _moment("at", nullable=False),
        sa.CheckConstraint(f"action IN {ACTIONS}", name=op.f(f"ck_{table}_action")),
        sa.CheckConstraint("no > 0", name=op.f(f"ck_{table}_no")),
        sa.ForeignKeyConstraint([key], [f"{parent}.id"], name=op.f(f"fk_{table}_{key}")),
        sa.PrimaryKeyConstraint(key, "no", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    terms = op.create_table(
        "reporting_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("management_class", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("months_after", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("moves", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.CheckConstraint(f"management_class IN {CLASSES}", name=op.f("ck_reporting_term_management_class")),
        sa.CheckConstraint("kind IN ('month', 'quarter', 'year', 'plan')", name=op.f("ck_reporting_term_kind")),
        sa.CheckConstraint("months_after BETWEEN 1 AND 12", name=op.f("ck_reporting_term_months_after")),
        sa.CheckConstraint("day BETWEEN 1 AND 31", name=op.f("ck_reporting_term_day")),
        sa.CheckConstraint("mark IN ('T', 'S', 'O')", name=op.f("ck_reporting_term_mark")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_reporting_term_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_term")),
    )
    op.bulk_insert(
        terms,
        [
            {
                "management_class": management_class, "kind": kind, "months_after": months_after, "day": day,
                "moves": False, "valid_from": date(2022, 10, 1), "valid_until": None,
                "source": SOURCE.format(article), "mark": "T",
            }
            for management_class, kind, months_after, day, article in TERMS
        ],
    )  # fmt: skip
    op.create_table(
        "reporting_class_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("management_class", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        _moment("created_at", nullable=False),
        sa.CheckConstraint(
            f"management_class IN {CLASSES}", name=op.f("ck_reporting_class_decision_management_class")
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_reporting_class_decision_validity")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_reporting_class_decision_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_class_decision")),
    )
    op.create_index(
        "ix_reporting_class_decision_enterprise", "reporting_class_decision",
        ["enterprise_id", "valid_from", "id"],
    )  # fmt: skip
    _create_declarations()
    _create_plans()


def _create_declarations() -> None:
    op.create_table(
        "declaration",
        *_report_columns(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("annual_kg", sa.BigInteger(), nullable=True),
        sa.Column("generated_kg", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        _moment("judged_at"),
        *_report_checks("declaration"),
        sa.CheckConstraint(
            "status IN ('open', 'late', 'missing', 'confirmed', 'filed', 'waived')",
            name=op.f("ck_declaration_status"),
        ),
        sa.CheckConstraint("kind IN ('month', 'quarter', 'year', 'plan')", name=op.f("ck_declaration_kind")),
        sa.CheckConstraint("kind <> 'plan'", name=op.f("ck_declaration_of_a_period")),
        sa.CheckConstraint("first_day <= last_day AND last_day < due_on", name=op.f("ck_declaration_period")),
        sa.CheckConstraint(
            "(status IN ('confirmed', 'filed')) = (confirmed_on IS NOT NULL)",
            name=op.f("ck_declaration_confirmed"),
        ),
    )
    op.create_index("ix_declaration_period", "declaration", ["enterprise_id", "kind", "first_day"], unique=True)
    op.create_index("ix_declaration_enterprise", "declaration", ["enterprise_id", "id"])
    op.create_index(
        "ix_declaration_unconfirmed", "declaration", ["due_on"],
        postgresql_where=sa.text("status IN ('open', 'late', 'missing')"),
    )  # fmt: skip
    _create_versions("declaration_version", "declaration_id", "declaration", "lines")


def _create_plans() -> None:
    op.create_table(
        "management_plan",
        *_report_columns(),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        *_report_checks("management_plan"),
        sa.CheckConstraint(
            "status IN ('due', 'late', 'submitted', 'filed')", name=op.f("ck_management_plan_status")
        ),
        sa.CheckConstraint(
            "(status IN ('submitted', 'filed')) = (submitted_on IS NOT NULL)",
            name=op.f("ck_management_plan_submitted"),
        ),
    )
    op.create_index("ix_management_plan_year", "management_plan", ["enterprise_id", "year"], unique=True)
    op.create_index("ix_management_plan_enterprise", "management_plan", ["enterprise_id", "id"])
    op.create_index(
        "ix_management_plan_due", "management_plan", ["due_on"],
        postgresql_where=sa.text("status IN ('due', 'late')"),
    )  # fmt: skip
    _create_versions("management_plan_version", "plan_id", "management_plan", "parts")


def downgrade() -> None:
    for table in (
        "management_plan_version", "management_plan", "declaration_version", "declaration",
        "reporting_class_decision", "reporting_term",
    ):  # fmt: skip
        op.drop_table(table)
