"""Due messages are read in the order of their release, those planned for digests apart.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

ORDER = ["release_at", sa.text("credit_milli DESC"), sa.text("score DESC"), "id"]


def upgrade() -> None:
    op.drop_index("ix_notification_due", table_name="notification")
    for name, planned_for in (("", "IS NULL"), ("_for_digests", "IS NOT NULL")):
        op.create_index(
            f"ix_notification_due{name}",
            "notification",
            ORDER,
            postgresql_where=sa.text(f"status = 'planned' AND delivery {planned_for}"),
        )


def downgrade() -> None:
    op.drop_index("ix_notification_due_for_digests", table_name="notification")
    op.drop_index("ix_notification_due", table_name="notification")
    op.create_index(
        "ix_notification_due",
        "notification",
        ["release_at"],
        postgresql_where=sa.text("status = 'planned'"),
    )
