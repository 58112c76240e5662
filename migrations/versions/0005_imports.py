"""Imports of listings

Revision: 0005
After: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    op.create_table('listing_import',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('enterprise_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=True),
    sa.Column('publish', sa.Boolean(), nullable=False),
    sa.Column('dry_run', sa.Boolean(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('upload', sa.LargeBinary(), nullable=True),
    sa.Column('rows_total', sa.Integer(), nullable=True),
    sa.Column('rows_done', sa.Integer(), nullable=False),
    sa.Column('listing_ids', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('errors', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('error_count', sa.Integer(), nullable=False),
    sa.Column('warnings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('request_id', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('queued', 'running', 'done', 'refused')", name=op.f('ck_listing_import_status')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_listing_import_enterprise_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listing_import')),
    sa.UniqueConstraint('enterprise_id', 'digest', name=op.f('uq_listing_import_enterprise_id_digest'))
    )
    op.create_index(op.f('ix_listing_import_ended_at'), 'listing_import', ['ended_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_listing_import_ended_at'), table_name='listing_import')
    op.drop_table('listing_import')
