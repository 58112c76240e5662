"""What became of pairings, and the orders learned from it

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0007'

down_revision = '0006'


def upgrade() -> None:
    op.create_table('pairing_outcome',
    sa.Column('supply_id', sa.Uuid(), nullable=False),
    sa.Column('demand_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('supplier_id', sa.Uuid(), nullable=False),
    sa.Column('receiver_id', sa.Uuid(), nullable=False),
    sa.Column('code_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('km', sa.Float(), nullable=False),
    sa.Column('fit', sa.Float(), nullable=False),
    sa.Column('quantity', sa.Float(), nullable=False),
    sa.Column('credit_milli', sa.Integer(), nullable=False),
    sa.Column('capacity_kg', sa.BigInteger(), nullable=False),
    sa.Column('score', sa.BigInteger(), nullable=False),
    sa.Column('lat', sa.Float(), nullable=False),
    sa.Column('lon', sa.Float(), nullable=False),
    sa.CheckConstraint("outcome IN ('shown', 'not_suitable', 'interested', 'offered', 'dealt', 'closed')", name=op.f('ck_pairing_outcome_outcome')),
    sa.ForeignKeyConstraint(['code_id'], ['waste_code.id'], name=op.f('fk_pairing_outcome_code_id')),
    sa.ForeignKeyConstraint(['demand_id'], ['listing.id'], name=op.f('fk_pairing_outcome_demand_id')),
    sa.ForeignKeyConstraint(['receiver_id'], ['enterprise.id'], name=op.f('fk_pairing_outcome_receiver_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['enterprise.id'], name=op.f('fk_pairing_outcome_supplier_id')),
    sa.ForeignKeyConstraint(['supply_id'], ['listing.id'], name=op.f('fk_pairing_outcome_supply_id')),
    sa.PrimaryKeyConstraint('supply_id', 'demand_id', 'outcome', name=op.f('pk_pairing_outcome'))
    )
    op.create_index('ix_pairing_outcome_closed', 'pairing_outcome', ['receiver_id'], unique=False, postgresql_include=['supplier_id', 'code_id', 'at', 'lat', 'lon'], postgresql_where=sa.text("outcome = 'closed'"))
    op.create_index('ix_pairing_outcome_done', 'pairing_outcome', ['at'], unique=False, postgresql_where=sa.text("outcome IN ('interested', 'offered', 'dealt', 'closed')"))
    op.create_table('ranking_model',
    sa.Column('version', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('night', sa.Date(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('used', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('card', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('arrays', sa.LargeBinary(), nullable=True),
    sa.Column('digest', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('trained_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('queued', 'running', 'done')", name=op.f('ck_ranking_model_status')),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_ranking_model')),
    sa.UniqueConstraint('night', name=op.f('uq_ranking_model_night'))
    )


def downgrade() -> None:
    op.drop_table('ranking_model')
    op.drop_index('ix_pairing_outcome_done', table_name='pairing_outcome', postgresql_where=sa.text("outcome IN ('interested', 'offered', 'dealt', 'closed')"))
    op.drop_index('ix_pairing_outcome_closed', table_name='pairing_outcome', postgresql_include=['supplier_id', 'code_id', 'at', 'lat', 'lon'], postgresql_where=sa.text("outcome = 'closed'"))
    op.drop_table('pairing_outcome')
