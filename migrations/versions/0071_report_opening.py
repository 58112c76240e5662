"""The last day on which reports were opened, so that those of a long pause are opened after it.

Revision ID: 0071
Revises: 0070
"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_opening",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_report_opening_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_opening")),
    )


def downgrade() -> None:
    op.drop_table("report_opening")
