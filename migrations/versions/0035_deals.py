"""Offers with their rounds, and deals.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("whose_turn", sa.String(), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status IN ('open', 'countered')) = (whose_turn IS NOT NULL)",
            name=op.f("ck_offer_turn_while_live"),
        ),
        sa.CheckConstraint("maker IN ('supplier', 'receiver')", name=op.f("ck_offer_maker")),
        sa.CheckConstraint(
            "status IN ('open', 'countered', 'accepted', 'rejected', 'withdrawn', 'lapsed')",
            name=op.f("ck_offer_status"),
        ),
        sa.CheckConstraint("whose_turn IN ('supplier', 'receiver')", name=op.f("ck_offer_whose_turn")),
        sa.CheckConstraint("supplier_id <> receiver_id", name=op.f("ck_offer_two_parties")),
        sa.ForeignKeyConstraint(["demand_id"], ["listing.id"], name=op.f("fk_offer_demand_id")),
        sa.ForeignKeyConstraint(["receiver_id"], ["enterprise.id"], name=op.f("fk_offer_receiver_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["enterprise.id"], name=op.f("fk_offer_supplier_id")),
        sa.ForeignKeyConstraint(["supply_id"], ["listing.id"], name=op.f("fk_offer_supply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(
        "ix_offer_demand",
        "offer",
        ["demand_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'countered')"),
    )
    op.create_index(
        "ix_offer_lapse",
        "offer",
        ["valid_until"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'countered')"),
    )
    op.create_index(
        "ix_offer_live",
        "offer",
        ["supply_id", "demand_id", "maker"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'countered')"),
    )
    op.create_index("ix_offer_receiver", "offer", ["receiver_id", "id"], unique=False)
    op.create_index("ix_offer_supplier", "offer", ["supplier_id", "id"], unique=False)
    op.create_table(
        "offer_round",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("quantity_kg", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("freight", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("by IN ('supplier', 'receiver')", name=op.f("ck_offer_round_by")),
        sa.CheckConstraint("freight IN ('supplier', 'receiver')", name=op.f("ck_offer_round_freight")),
        sa.CheckConstraint("from_day <= until_day", name=op.f("ck_offer_round_window")),
        sa.CheckConstraint("no > 0", name=op.f("ck_offer_round_no")),
        sa.CheckConstraint("quantity_kg > 0", name=op.f("ck_offer_round_quantity")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_round_offer_id")),
        sa.PrimaryKeyConstraint("offer_id", "no", name=op.f("pk_offer_round")),
    )
    op.create_table(
        "deal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.Integer(), nullable=False),
        sa.Column("quantity_kg", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("freight", sa.String(), nullable=False),
        sa.Column("planned_kg", sa.BigInteger(), nullable=False),
        sa.Column("moving_kg", sa.BigInteger(), nullable=False),
        sa.Column("refused_kg", sa.BigInteger(), nullable=False),
        sa.Column("accepted_kg", sa.BigInteger(), nullable=False),
        sa.Column("over_kg", sa.BigInteger(), nullable=False),
        sa.Column("shipped_kg", sa.BigInteger(), nullable=False),
        sa.Column("permit_kind", sa.String(), nullable=True),
        sa.Column("permit_id", sa.Uuid(), nullable=True),
        sa.Column("permit_year", sa.SmallInteger(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("terms", JSONB(), nullable=False),
        sa.Column("disputed_by", sa.String(), nullable=True),
        sa.Column("dispute_reason", sa.String(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("invoice_status", sa.String(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("disputed_by IN ('supplier', 'receiver')", name=op.f("ck_deal_disputed_by")),
        sa.CheckConstraint("fault IN ('supplier', 'receiver', 'none')", name=op.f("ck_deal_fault")),
        sa.CheckConstraint("freight IN ('supplier', 'receiver')", name=op.f("ck_deal_freight")),
        sa.CheckConstraint(
            "invoice_status IN ('none', 'issued', 'paid')", name=op.f("ck_deal_invoice_status")
        ),
        sa.CheckConstraint(
            "status IN ('agreed', 'moving', 'completed', 'cancelled', 'lapsed', 'disputed')",
            name=op.f("ck_deal_status"),
        ),
        sa.CheckConstraint(
            "accepted_kg <= quantity_kg + over_kg", name=op.f("ck_deal_accepted_within_quantity")
        ),
        sa.CheckConstraint("from_day <= until_day", name=op.f("ck_deal_window")),
        sa.CheckConstraint(
            "planned_kg >= 0 AND moving_kg >= 0 AND refused_kg >= 0 AND accepted_kg >= 0 AND over_kg >= 0 AND shipped_kg >= 0",
            name=op.f("ck_deal_weights_not_negative"),
        ),
        sa.CheckConstraint("quantity_kg > 0", name=op.f("ck_deal_quantity")),
        sa.CheckConstraint("supplier_id <> receiver_id", name=op.f("ck_deal_two_parties")),
        sa.ForeignKeyConstraint(["code_id"], ["waste_code.id"], name=op.f("fk_deal_code_id")),
        sa.ForeignKeyConstraint(["demand_id"], ["listing.id"], name=op.f("fk_deal_demand_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_deal_offer_id")),
        sa.ForeignKeyConstraint(["receiver_id"], ["enterprise.id"], name=op.f("fk_deal_receiver_id")),
        sa.ForeignKeyConstraint(["region"], ["region.adcode"], name=op.f("fk_deal_region")),
        sa.ForeignKeyConstraint(["supplier_id"], ["enterprise.id"], name=op.f("fk_deal_supplier_id")),
        sa.ForeignKeyConstraint(["supply_id"], ["listing.id"], name=op.f("fk_deal_supply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal")),
        sa.UniqueConstraint("number", name=op.f("uq_deal_number")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_deal_offer_id")),
    )
    op.create_index(op.f("ix_deal_demand_id"), "deal", ["demand_id"], unique=False)
    op.create_index(
        "ix_deal_lapse",
        "deal",
        ["until_day"],
        unique=False,
        postgresql_where=sa.text("status IN ('agreed', 'moving')"),
    )
    op.create_index(
        "ix_deal_permit",
        "deal",
        ["permit_id"],
        unique=False,
        postgresql_where=sa.text("permit_id IS NOT NULL AND status IN ('agreed', 'moving', 'disputed')"),
    )
    op.create_index("ix_deal_receiver", "deal", ["receiver_id", "id"], unique=False)
    op.create_index("ix_deal_region", "deal", ["region", "id"], unique=False)
    op.create_index("ix_deal_supplier", "deal", ["supplier_id", "id"], unique=False)
    op.create_index(op.f("ix_deal_supply_id"), "deal", ["supply_id"], unique=False)
    op.create_table(
        "deal_serial",
        sa.Column("region", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("region", "day", name=op.f("pk_deal_serial")),
    )
    op.create_table(
        "deal_rating",
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("punctual", sa.SmallInteger(), nullable=False),
        sa.Column("as_described", sa.SmallInteger(), nullable=False),
        sa.Column("cooperation", sa.SmallInteger(), nullable=False),
        sa.Column("safety", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("by IN ('supplier', 'receiver')", name=op.f("ck_deal_rating_by")),
        sa.CheckConstraint(
            "punctual BETWEEN 1 AND 5 AND as_described BETWEEN 1 AND 5 AND cooperation BETWEEN 1 AND 5 AND safety BETWEEN 1 AND 5",
            name=op.f("ck_deal_rating_points"),
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_rating_deal_id")),
        sa.PrimaryKeyConstraint("deal_id", "by", name=op.f("pk_deal_rating")),
    )


def downgrade() -> None:
    for table in ("deal_rating", "deal_serial", "deal", "offer_round", "offer"):
        op.drop_table(table)
