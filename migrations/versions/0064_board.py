"""What is on the public board of credit, and how long a decision may be challenged.

Revision ID: 0064
Revises: 0063
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

RECONSIDERATION = {
    "days": 60,
    "valid_from": date(2024, 1, 1),
    "mark": "S",
    "source": "行政复议法（2023 年修订）第二十条：自知道之日起六十日内",
}


def upgrade() -> None:
    op.create_table(
        "board_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.CheckConstraint(
            "why IN ('withdrawn', 'repaired', 'appealed', 'term_over', 'regraded')",
            name=op.f("ck_board_entry_why"),
        ),
        sa.CheckConstraint(
            "(withdrawn_on IS NULL) = (why IS NULL)", name=op.f("ck_board_entry_withdrawn_for_a_reason")
        ),
        sa.CheckConstraint("published_on <= withdrawn_on", name=op.f("ck_board_entry_order_of_days")),
        sa.ForeignKeyConstraint(["event_id"], ["credit_event.id"], name=op.f("fk_board_entry_event_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_board_entry_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_entry")),
    )
    op.create_index(
        "ix_board_entry_published",
        "board_entry",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )
    op.create_index(
        "ix_board_entry_withdrawn",
        "board_entry",
        ["withdrawn_on"],
        postgresql_where=sa.text("withdrawn_on IS NOT NULL"),
    )
    op.create_index(op.f("ix_board_entry_enterprise_id"), "board_entry", ["enterprise_id"])
    term = op.create_table(
        "credit_remedy_term",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("days >= 0", name=op.f("ck_credit_remedy_term_days")),
        sa.CheckConstraint("mark IN ('T', 'S', 'O')", name=op.f("ck_credit_remedy_term_mark")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_credit_remedy_term_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_remedy_term")),
    )
    op.bulk_insert(term, [RECONSIDERATION])


def downgrade() -> None:
    op.drop_table("credit_remedy_term")
    op.drop_table("board_entry")
