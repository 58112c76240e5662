"""Issued documents, and the digital ids of labels.

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("facts_digest", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('contract', 'settlement', 'manifest')", name=op.f("ck_document_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "subject_id", "kind", "facts_digest", name=op.f("uq_document_subject_id_kind_facts_digest")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_document_token")),
    )
    op.create_table(
        "container_label",
        sa.Column("digital_id", sa.String(length=37), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("package", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(digital_id) = 37", name=op.f("ck_container_label_digital_id")),
        sa.CheckConstraint("line > 0 AND package > 0", name=op.f("ck_container_label_counted_from_one")),
        sa.PrimaryKeyConstraint("digital_id", name=op.f("pk_container_label")),
        sa.UniqueConstraint(
            "subject_id", "line", "package", name=op.f("uq_container_label_subject_id_line_package")
        ),
    )
    op.create_table(
        "label_serial",
        sa.Column("stem", sa.String(length=34), nullable=False),
        sa.Column("last", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("last BETWEEN 1 AND 999", name=op.f("ck_label_serial_three_digits")),
        sa.PrimaryKeyConstraint("stem", name=op.f("pk_label_serial")),
    )


def downgrade() -> None:
    for table in ("label_serial", "container_label", "document"):
        op.drop_table(table)
