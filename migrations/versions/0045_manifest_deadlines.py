"""Since when steps of manifests are waited for.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

MOMENTS = ("explained_at", "outcome_since")


def upgrade() -> None:
    op.add_column("manifest", sa.Column("load_on", sa.Date(), nullable=True))
    for name in MOMENTS:
        op.add_column("manifest", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("load_on", *MOMENTS):
        op.drop_column("manifest", name)
