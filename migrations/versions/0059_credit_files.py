"""Files that prove credit events; their content lies in a folder, under its digest.

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_by", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_credit_file_size")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_credit_file_sha256")),
        sa.ForeignKeyConstraint(["event_id"], ["credit_event.id"], name=op.f("fk_credit_file_event_id")),
        sa.UniqueConstraint("event_id", "sha256", name=op.f("uq_credit_file_event_id_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_file")),
    )
    op.create_index(op.f("ix_credit_file_sha256"), "credit_file", ["sha256"])


def downgrade() -> None:
    op.drop_table("credit_file")
