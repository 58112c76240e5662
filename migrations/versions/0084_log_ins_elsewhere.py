"""Sessions say which account elsewhere began them. Those that one may have begun end: people log in once more.

Revision ID: 0084
Revises: 0083
"""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("issuer", sa.String()))
    op.execute(
        "UPDATE session SET ended_at = now()"
        " WHERE ended_at IS NULL AND person_id IN (SELECT person_id FROM linked_account)"
    )


def downgrade() -> None:
    op.drop_column("session", "issuer")
