"""Who may fall to grade D or E soon, by which model, and what a model needs before it says anything.

Revision ID: 0067
Revises: 0066
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

TERM = {
    "least_falls": 200,
    "least_months": 24,
    "least_risk": 0.1,
    "valid_from": date(2024, 1, 1),
    "mark": "O",
    "source": "平台自定：历史不足时不作预警",
}


def upgrade() -> None:
    term = op.create_table(
        "early_warning_term",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("least_falls", sa.Integer(), nullable=False),
        sa.Column("least_months", sa.SmallInteger(), nullable=False),
        sa.Column("least_risk", sa.Float(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("least_falls > 0", name=op.f("ck_early_warning_term_least_falls")),
        sa.CheckConstraint("least_months >= 12", name=op.f("ck_early_warning_term_least_months")),
        sa.CheckConstraint("least_risk BETWEEN 0 AND 1", name=op.f("ck_early_warning_term_least_risk")),
        sa.CheckConstraint("mark IN ('T', 'S', 'O')", name=op.f("ck_early_warning_term_mark")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_early_warning_term_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_warning_term")),
    )
    op.bulk_insert(term, [TERM])
    op.create_table(
        "early_warning_model",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("card", postgresql.JSONB(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('in_use', 'not_enough_history', 'not_better')",
            name=op.f("ck_early_warning_model_verdict"),
        ),
        sa.CheckConstraint(
            "(verdict = 'in_use') = (parameters IS NOT NULL)",
            name=op.f("ck_early_warning_model_parameters_of_used"),
        ),
        sa.CheckConstraint(
            "(parameters IS NULL) = (digest IS NULL)",
            name=op.f("ck_early_warning_model_digest_of_parameters"),
        ),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_early_warning_model_month")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_warning_model")),
        sa.UniqueConstraint("month", name=op.f("uq_early_warning_model_month")),
    )
    op.create_table(
        "early_warning_run",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=True),
        sa.Column("scored", sa.Integer(), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("warned <= scored", name=op.f("ck_early_warning_run_warned_of_scored")),
        sa.ForeignKeyConstraint(
            ["model_id"], ["early_warning_model.id"], name=op.f("fk_early_warning_run_model_id")
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_early_warning_run")),
    )
    op.create_table(
        "early_warning",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("risk", sa.Float(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("others", sa.Float(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("warned_on", sa.Date(), nullable=False),
        sa.Column("computed_on", sa.Date(), nullable=False),
        sa.CheckConstraint("risk BETWEEN 0 AND 1", name=op.f("ck_early_warning_risk")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_early_warning_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["early_warning_model.id"], name=op.f("fk_early_warning_model_id")
        ),
        sa.PrimaryKeyConstraint("enterprise_id", name=op.f("pk_early_warning")),
    )
    op.create_index("ix_early_warning_warned_on", "early_warning", ["warned_on", "enterprise_id"])
    op.create_index("ix_early_warning_risk", "early_warning", ["risk", "enterprise_id"])


def downgrade() -> None:
    op.drop_table("early_warning")
    op.drop_table("early_warning_run")
    op.drop_table("early_warning_model")
    op.drop_table("early_warning_term")
