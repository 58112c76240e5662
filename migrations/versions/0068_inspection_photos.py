"""Photos of the items of inspections; their content lies in the folder of files, under its digest.

Revision ID: 0068
Revises: 0067
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inspection_photo",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("shows", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_by", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "shows IN ('finding', 'remedy', 'recheck')", name=op.f("ck_inspection_photo_shows")
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_inspection_photo_size")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_inspection_photo_sha256")),
        sa.ForeignKeyConstraint(
            ["inspection_id", "item_id"],
            ["inspection_answer.inspection_id", "inspection_answer.item_id"],
            name=op.f("fk_inspection_photo_inspection_id_item_id"),
        ),
        sa.UniqueConstraint(
            "inspection_id", "item_id", "sha256",
            name=op.f("uq_inspection_photo_inspection_id_item_id_sha256"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_photo")),
    )  # fmt: skip
    op.create_index(op.f("ix_inspection_photo_sha256"), "inspection_photo", ["sha256"])


def downgrade() -> None:
    op.drop_table("inspection_photo")
