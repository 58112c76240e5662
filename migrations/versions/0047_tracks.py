"""Tracks of manifests and their points.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manifest_track",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("line", JSONB(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analyzed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("points >= 0", name=op.f("ck_manifest_track_points")),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_track_manifest_id")),
        sa.PrimaryKeyConstraint("manifest_id", name=op.f("pk_manifest_track")),
    )
    op.create_index(
        "ix_manifest_track_raw",
        "manifest_track",
        ["changed_at"],
        unique=False,
        postgresql_where=sa.text("raw_deleted_at IS NULL"),
    )
    op.create_table(
        "track_point",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("speed", sa.Double(), nullable=True),
        sa.Column("mark", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "mark IN ('clock_ahead', 'before_pickup', 'after_delivery')", name=op.f("ck_track_point_mark")
        ),
        sa.CheckConstraint(
            "lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name=op.f("ck_track_point_place")
        ),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_track_point_manifest_id")),
        sa.PrimaryKeyConstraint("manifest_id", "at", "lon", "lat", name=op.f("pk_track_point")),
    )


def downgrade() -> None:
    op.drop_table("track_point")
    op.drop_table("manifest_track")
