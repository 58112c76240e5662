"""Mutual interest is kept on record: contacts that it released stay released. Findings are stored no more.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MUTUAL_NOW = """
INSERT INTO mutual_interest (supply_id, demand_id, at)
SELECT of_supply.listing_id, of_supply.other_id, greatest(of_supply.created_at, of_demand.created_at)
FROM match_feedback of_supply
JOIN listing ON listing.id = of_supply.listing_id AND listing.kind = 'supply'
JOIN match_feedback of_demand
  ON of_demand.listing_id = of_supply.other_id AND of_demand.other_id = of_supply.listing_id
WHERE of_supply.verdict = 'interested' AND of_demand.verdict = 'interested'
"""


def upgrade() -> None:
    op.create_table(
        "mutual_interest",
        sa.Column("supply_id", sa.Uuid(), nullable=False),
        sa.Column("demand_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["supply_id"], ["listing.id"], name=op.f("fk_mutual_interest_supply_id")
        ),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["listing.id"], name=op.f("fk_mutual_interest_demand_id")
        ),
        sa.PrimaryKeyConstraint("supply_id", "demand_id", name=op.f("pk_mutual_interest")),
    )
    op.create_index("ix_mutual_interest_demand", "mutual_interest", ["demand_id", "supply_id"])
    op.execute(MUTUAL_NOW)
    op.drop_table("match_finding")


def downgrade() -> None:
    op.create_table(
        "match_finding",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("stopped", postgresql.JSONB(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_match_finding_listing_id")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_match_finding")),
    )
    op.create_index("ix_match_finding_gate", "match_finding", ["gate"])
    op.drop_index("ix_mutual_interest_demand", table_name="mutual_interest")
    op.drop_table("mutual_interest")
