"""Feeds of credit events: their rows, the references that were recorded, and entries that wait for an enterprise.

Revision ID: 0059b
Revises: 0059
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0059b"
down_revision = "0059"
branch_labels = None
depends_on = None

RESULTS = "'recorded', 'skipped', 'conflicting', 'refused', 'unmatched'"


def upgrade() -> None:
    op.create_table(
        "credit_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("request_id", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status IN ('queued', 'done')", name=op.f("ck_credit_import_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_import")),
    )
    op.create_index(op.f("ix_credit_import_ended_at"), "credit_import", ["ended_at"])
    op.create_table(
        "credit_import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("result", sa.String()),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(f"result IN ({RESULTS})", name=op.f("ck_credit_import_row_result")),
        sa.CheckConstraint(
            "event_id IS NULL OR result = 'recorded'", name=op.f("ck_credit_import_row_event_of_recorded")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["credit_import.id"],
            name=op.f("fk_credit_import_row_import_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["credit_event.id"], name=op.f("fk_credit_import_row_event_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_credit_import_row")),
    )
    op.create_table(
        "credit_reference",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["credit_event.id"], name=op.f("fk_credit_reference_event_id")),
        sa.PrimaryKeyConstraint("source", "reference", name=op.f("pk_credit_reference")),
    )
    op.create_table(
        "credit_unmatched",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(18), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("problem", postgresql.JSONB()),
        sa.CheckConstraint(
            "settled_at IS NOT NULL OR event_id IS NULL", name=op.f("ck_credit_unmatched_settled")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["credit_import.id"], name=op.f("fk_credit_unmatched_import_id")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["credit_event.id"], name=op.f("fk_credit_unmatched_event_id")),
        sa.UniqueConstraint("source", "reference", name=op.f("uq_credit_unmatched_source_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_unmatched")),
    )
    op.create_index(
        "ix_credit_unmatched_waiting",
        "credit_unmatched",
        ["uscc"],
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("credit_unmatched", "credit_reference", "credit_import_row", "credit_import"):
        op.drop_table(table)
