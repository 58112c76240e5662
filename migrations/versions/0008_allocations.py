"""Allocations: plans for a region and period

Revision: 0008
After: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    op.create_table('allocation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('asked_by_kind', sa.String(), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('region', sa.Integer(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('scheme', sa.String(), nullable=True),
    sa.Column('codes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('receivers', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('stage', sa.String(), nullable=True),
    sa.Column('steps_done', sa.Integer(), nullable=False),
    sa.Column('steps_of', sa.Integer(), nullable=True),
    sa.Column('policy_version', sa.Integer(), nullable=True),
    sa.Column('totals', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('reason', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('request_id', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('as_of', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('queued', 'running', 'done', 'refused', 'failed')", name=op.f('ck_allocation_status')),
    sa.CheckConstraint("receivers IN ('anywhere', 'region')", name=op.f('ck_allocation_receivers')),
    sa.CheckConstraint('first_day <= last_day', name=op.f('ck_allocation_period')),
    sa.ForeignKeyConstraint(['region'], ['region.adcode'], name=op.f('fk_allocation_region')),
    sa.ForeignKeyConstraint(['policy_version'], ['matching_policy.version'], name=op.f('fk_allocation_policy_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation'))
    )
    op.create_index(op.f('ix_allocation_region'), 'allocation', ['region'], unique=False)
    op.create_table('allocation_placement',
    sa.Column('allocation_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('supply_id', sa.Uuid(), nullable=False),
    sa.Column('demand_id', sa.Uuid(), nullable=False),
    sa.Column('kg', sa.BigInteger(), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('distance_km', sa.Float(), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('permit_id', sa.Uuid(), nullable=True),
    sa.Column('warnings', sa.Integer(), nullable=False),
    sa.CheckConstraint('kg > 0', name=op.f('ck_allocation_placement_kg')),
    sa.ForeignKeyConstraint(['allocation_id'], ['allocation.id'], name=op.f('fk_allocation_placement_allocation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['supply_id'], ['listing.id'], name=op.f('fk_allocation_placement_supply_id')),
    sa.ForeignKeyConstraint(['demand_id'], ['listing.id'], name=op.f('fk_allocation_placement_demand_id')),
    sa.PrimaryKeyConstraint('allocation_id', 'position', name=op.f('pk_allocation_placement'))
    )
    op.create_table('allocation_unplaced',
    sa.Column('allocation_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('supply_id', sa.Uuid(), nullable=False),
    sa.Column('kg', sa.BigInteger(), nullable=False),
    sa.Column('of_kg', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('gate', sa.String(), nullable=True),
    sa.CheckConstraint('kg > 0 AND kg <= of_kg', name=op.f('ck_allocation_unplaced_kg')),
    sa.CheckConstraint("reason IN ('no_lawful_way', 'no_capacity', 'below_lot')", name=op.f('ck_allocation_unplaced_reason')),
    sa.ForeignKeyConstraint(['allocation_id'], ['allocation.id'], name=op.f('fk_allocation_unplaced_allocation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['supply_id'], ['listing.id'], name=op.f('fk_allocation_unplaced_supply_id')),
    sa.PrimaryKeyConstraint('allocation_id', 'position', name=op.f('pk_allocation_unplaced'))
    )
    op.create_table('allocation_gap',
    sa.Column('allocation_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('code_id', sa.Integer(), nullable=False),
    sa.Column('region', sa.Integer(), nullable=False),
    sa.Column('supply_kg', sa.BigInteger(), nullable=False),
    sa.Column('no_lawful_way_kg', sa.BigInteger(), nullable=False),
    sa.Column('no_capacity_kg', sa.BigInteger(), nullable=False),
    sa.Column('below_lot_kg', sa.BigInteger(), nullable=False),
    sa.Column('price', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['allocation_id'], ['allocation.id'], name=op.f('fk_allocation_gap_allocation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['code_id'], ['waste_code.id'], name=op.f('fk_allocation_gap_code_id')),
    sa.ForeignKeyConstraint(['region'], ['region.adcode'], name=op.f('fk_allocation_gap_region')),
    sa.PrimaryKeyConstraint('allocation_id', 'position', name=op.f('pk_allocation_gap'))
    )


def downgrade() -> None:
    op.drop_table('allocation_gap')
    op.drop_table('allocation_unplaced')
    op.drop_table('allocation_placement')
    op.drop_index(op.f('ix_allocation_region'), table_name='allocation')
    op.drop_table('allocation')
