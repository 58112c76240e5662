"""Immediate messages are capped by sender and receiver, and better terms are told again once a day.

Policies from before have no `push_pair_cap` and are read with its default. What is released stays as it is.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "notification", sa.Column("is_summed", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "ix_notification_released",
        "notification",
        ["enterprise_id", "released_at"],
        postgresql_where=sa.text("status = 'released'"),
    )
    op.create_table(
        "repeated_notification",
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("counterpart_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["enterprise.id"], name=op.f("fk_repeated_notification_receiver_id")
        ),
        sa.ForeignKeyConstraint(
            ["counterpart_id"], ["enterprise.id"], name=op.f("fk_repeated_notification_counterpart_id")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_repeated_notification_notification_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint(
            "receiver_id", "counterpart_id", "day", name=op.f("pk_repeated_notification")
        ),
    )
    op.create_index(
        op.f("ix_repeated_notification_notification_id"), "repeated_notification", ["notification_id"]
    )


def downgrade() -> None:
    op.drop_table("repeated_notification")
    op.drop_index("ix_notification_released", "notification")
    op.drop_column("notification", "is_summed")
