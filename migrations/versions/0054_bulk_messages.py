"""Messages planned as some of many are released after those planned alone.

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

ORDER = ["release_at", sa.text("credit_milli DESC"), sa.text("score DESC"), "id"]


def upgrade() -> None:
    op.add_column("notification", sa.Column("bulk", sa.Boolean(), nullable=False, server_default=sa.false()))
    _order_due_by("bulk", *ORDER)


def downgrade() -> None:
    _order_due_by(*ORDER)
    op.drop_column("notification", "bulk")


def _order_due_by(*columns: object) -> None:
    op.drop_index("ix_notification_due", table_name="notification")
    op.create_index(
        "ix_notification_due",
        "notification",
        list(columns),
        postgresql_where=sa.text("status = 'planned' AND delivery IS NULL"),
    )
