"""Count the drafts and open listings of an enterprise from an index of these alone

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LIVING = sa.text("status IN ('draft', 'open')")


def upgrade() -> None:
    op.create_index(
        "ix_listing_living", "listing", ["enterprise_id", "status"], postgresql_where=LIVING
    )


def downgrade() -> None:
    op.drop_index("ix_listing_living", "listing")
