"""Listings carry the id that their owner calls them by, and are listed by their last change.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SEARCHED = [
    "enterprise_id", "kind", "status", "title", "code_id", "price_fen", "region", "lon", "lat",
    "remaining_kg", "available_from", "available_until",
]


def upgrade() -> None:
    op.add_column("listing", sa.Column("external_id", sa.String(), nullable=True))
    op.create_index(
        "ix_listing_external_id",
        "listing",
        ["enterprise_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index("ix_listing_updated", "listing", ["updated_at", "id"], postgresql_include=SEARCHED)


def downgrade() -> None:
    op.drop_index("ix_listing_updated", table_name="listing")
    op.drop_index("ix_listing_external_id", table_name="listing")
    op.drop_column("listing", "external_id")
