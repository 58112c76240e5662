"""What generators confirm to have checked of their contractors.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "due_diligence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("contractor", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "contractor IN ('receiver', 'transporter')", name=op.f("ck_due_diligence_contractor")
        ),
        sa.CheckConstraint("facts <> '{}'", name=op.f("ck_due_diligence_facts")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_due_diligence_deal_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_due_diligence_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_diligence")),
    )
    op.create_index("ix_due_diligence_deal", "due_diligence", ["deal_id", "id"], unique=False)
    op.create_index(op.f("ix_due_diligence_enterprise_id"), "due_diligence", ["enterprise_id"], unique=False)


def downgrade() -> None:
    op.drop_table("due_diligence")
