"""On whose behalf a task was written, and whether it is one of many: due tasks are taken in turn by owner.

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    nobody = sa.text("'00000000-0000-0000-0000-000000000000'")
    op.add_column("task", sa.Column("owner_id", sa.Uuid(), server_default=nobody, nullable=False))
    op.add_column("task", sa.Column("bulk", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.drop_index("ix_task_due", table_name="task")
    op.create_index(
        "ix_task_turn",
        "task",
        ["queue", "bulk", "owner_id", "due_at", "id"],
        postgresql_where=sa.text("status = 'pending'"),
    )


def downgrade() -> None:
    op.drop_index("ix_task_turn", table_name="task")
    op.create_index("ix_task_due", "task", ["queue", "due_at"], postgresql_where=sa.text("status = 'pending'"))
    op.drop_column("task", "bulk")
    op.drop_column("task", "owner_id")
