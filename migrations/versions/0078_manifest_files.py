"""Photos and drawn signatures of loads; their content lies in the folder of files, under its digest.

Revision ID: 0078
Revises: 0073
"""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manifest_file",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("shows", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_by", sa.Uuid()),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("part IN ('sender', 'carrier', 'receiver')", name=op.f("ck_manifest_file_part")),
        sa.CheckConstraint("shows IN ('photo', 'signature')", name=op.f("ck_manifest_file_shows")),
        sa.CheckConstraint("size > 0", name=op.f("ck_manifest_file_size")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_manifest_file_sha256")),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_file_manifest_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_manifest_file_person_id")),
        sa.UniqueConstraint(
            "manifest_id", "part", "sha256", name=op.f("uq_manifest_file_manifest_id_part_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_file")),
    )
    op.create_index(op.f("ix_manifest_file_sha256"), "manifest_file", ["sha256"])


def downgrade() -> None:
    op.drop_table("manifest_file")
