"""Cursors are sealed by keys that are kept here; the first is made when the first cursor is.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cursor_key",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("seals_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_cursor_key")),
    )


def downgrade() -> None:
    op.drop_table("cursor_key")
