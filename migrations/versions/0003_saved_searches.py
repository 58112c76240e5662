"""Saved searches, silenced counterparts, and wishes by kind of message

Revision: 0003
After: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('saved_search',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('enterprise_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('query', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('notify', sa.String(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('wanted_kind', sa.String(), nullable=False),
    sa.Column('wanted_code', sa.String(), nullable=False),
    sa.Column('wanted_region', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("notify IN ('immediate', 'daily', 'off')", name=op.f('ck_saved_search_notify')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_saved_search_enterprise_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_search'))
    )
    op.create_index('ix_saved_search_owner', 'saved_search', ['enterprise_id', 'id'], unique=False)
    op.create_index('ix_saved_search_wanted', 'saved_search', ['wanted_code', 'wanted_region', 'wanted_kind'], unique=False, postgresql_where=sa.text("notify <> 'off' AND NOT paused"))
    op.create_table('silence',
    sa.Column('receiver_id', sa.Uuid(), nullable=False),
    sa.Column('counterpart_id', sa.Uuid(), nullable=False),
    sa.Column('code_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['code_id'], ['waste_code.id'], name=op.f('fk_silence_code_id')),
    sa.ForeignKeyConstraint(['counterpart_id'], ['enterprise.id'], name=op.f('fk_silence_counterpart_id')),
    sa.ForeignKeyConstraint(['receiver_id'], ['enterprise.id'], name=op.f('fk_silence_receiver_id')),
    sa.PrimaryKeyConstraint('receiver_id', 'counterpart_id', 'code_id', name=op.f('pk_silence'))
    )
    op.add_column('notification_preferences', sa.Column('kinds', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    op.drop_column('notification_preferences', 'kinds')
    op.execute("DELETE FROM told WHERE kind = 'search.found'")
    op.execute("DELETE FROM notification WHERE kind = 'search.found'")
    op.drop_table('silence')
    op.drop_index('ix_saved_search_wanted', table_name='saved_search', postgresql_where=sa.text("notify <> 'off' AND NOT paused"))
    op.drop_index('ix_saved_search_owner', table_name='saved_search')
    op.drop_table('saved_search')
