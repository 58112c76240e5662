"""Loads in flight, minimum charges, and who ended a deal.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("offer_round", "deal"):
        op.add_column(
            table, sa.Column("minimum_charge_fen", sa.BigInteger(), server_default="0", nullable=False)
        )
    op.create_check_constraint(
        op.f("ck_offer_round_minimum_charge"), "offer_round", "minimum_charge_fen >= 0"
    )
    op.add_column("deal", sa.Column("ended_by", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_deal_ended_by"), "deal", "ended_by IN ('supplier', 'receiver')"
    )
    op.create_table(
        "deal_load",
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kg >= 0", name=op.f("ck_deal_load_kg")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_load_deal_id")),
        sa.PrimaryKeyConstraint("deal_id", "manifest_id", name=op.f("pk_deal_load")),
    )


def downgrade() -> None:
    op.drop_table("deal_load")
    op.drop_column("deal", "ended_by")
    for table in ("deal", "offer_round"):
        op.drop_column(table, "minimum_charge_fen")
