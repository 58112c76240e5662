"""Indexes of listings without near twins, and regions beside places, so that a search by distance stays within one.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

SEARCHED = (
    "enterprise_id, kind, status, title, code_id, price_fen, region, lon, lat, remaining_kg, available_from,"
    " available_until"
)
BEFORE = {
    "ix_listing_place": f"USING gist (coarse_place(lon, lat)) INCLUDE (id, {SEARCHED})",
    "ix_listing_updated": f"(updated_at, id) INCLUDE ({SEARCHED})",
    "ix_listing_region": "(region, id)",
    "ix_listing_lies_in": "(coalesce(place_region, region), id)",
    "ix_listing_code": "(code_id, id)",
    "ix_listing_status": "(status, kind)",
    "ix_listing_expiry": "(available_until) WHERE status = 'open'",
    "ix_listing_until": "(available_until)",
}
NOW = {
    "ix_listing_place": (
        f"USING gist (coarse_place(lon, lat), region) INCLUDE (id, {SEARCHED.replace(' region,', '')})"
    ),
    "ix_listing_updated": "(updated_at, id)",
    "ix_listing_lies_in": "(coalesce(place_region, region))",
    "ix_listing_code": "(code_id)",
    "ix_listing_until": "(status, available_until)",
}


def upgrade() -> None:
    replace(BEFORE, NOW)
    op.drop_index("ix_credit_block_in_force", table_name="credit_block")


def downgrade() -> None:
    replace(NOW, BEFORE)
    op.create_index(
        "ix_credit_block_in_force", "credit_block", ["enterprise_id"], postgresql_where=sa.text("lifted_at IS NULL")
    )


def replace(gone: dict[str, str], made: dict[str, str]) -> None:
    op.execute(f"DROP INDEX {', '.join(gone)}")
    for name, what in made.items():
        op.execute(f"CREATE INDEX {name} ON listing {what}")
