"""Applications for transfer approvals, the steps they take, and their papers.

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('transfer_application',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('generator_id', sa.Uuid(), nullable=False),
    sa.Column('receiver_id', sa.Uuid(), nullable=False),
    sa.Column('code_id', sa.Integer(), nullable=False),
    sa.Column('way', sa.String(), nullable=False),
    sa.Column('kg', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.Column('step_began_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('approval_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'granted') = (approval_id IS NOT NULL)", name=op.f('ck_transfer_application_granted')),
    sa.CheckConstraint("status IN ('submitted', 'incomplete', 'at_sender', 'at_receiver', 'deciding', 'granted', 'refused', 'withdrawn')", name=op.f('ck_transfer_application_status')),
    sa.CheckConstraint("way IN ('use', 'dispose', 'store')", name=op.f('ck_transfer_application_way')),
    sa.CheckConstraint('generator_id <> receiver_id', name=op.f('ck_transfer_application_two_parties')),
    sa.CheckConstraint('kg > 0', name=op.f('ck_transfer_application_kg')),
    sa.CheckConstraint('valid_from <= valid_until', name=op.f('ck_transfer_application_validity')),
    sa.ForeignKeyConstraint(['approval_id'], ['transfer_approval.id'], name=op.f('fk_transfer_application_approval_id')),
    sa.ForeignKeyConstraint(['code_id'], ['waste_code.id'], name=op.f('fk_transfer_application_code_id')),
    sa.ForeignKeyConstraint(['generator_id'], ['enterprise.id'], name=op.f('fk_transfer_application_generator_id')),
    sa.ForeignKeyConstraint(['receiver_id'], ['enterprise.id'], name=op.f('fk_transfer_application_receiver_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_application'))
    )
    op.create_index(op.f('ix_transfer_application_generator_id'), 'transfer_application', ['generator_id'], unique=False)
    op.create_index('ix_transfer_application_live', 'transfer_application', ['generator_id', 'receiver_id', 'code_id', 'way'], unique=True, postgresql_where=sa.text("status NOT IN ('granted', 'refused', 'withdrawn')"))
    op.create_index(op.f('ix_transfer_application_receiver_id'), 'transfer_application', ['receiver_id'], unique=False)
    op.create_table('transfer_step',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('move', sa.String(), nullable=False),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.CheckConstraint("source IN ('submitted', 'incomplete', 'at_sender', 'at_receiver', 'deciding', 'granted', 'refused', 'withdrawn')", name=op.f('ck_transfer_step_source')),
    sa.CheckConstraint("target IN ('submitted', 'incomplete', 'at_sender', 'at_receiver', 'deciding', 'granted', 'refused', 'withdrawn')", name=op.f('ck_transfer_step_target')),
    sa.ForeignKeyConstraint(['application_id'], ['transfer_application.id'], name=op.f('fk_transfer_step_application_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_step'))
    )
    op.create_index(op.f('ix_transfer_step_application_id'), 'transfer_step', ['application_id'], unique=False)
    op.create_table('transfer_paper',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('form', 'receiver_licence', 'receiver_note', 'contract')", name=op.f('ck_transfer_paper_kind')),
    sa.ForeignKeyConstraint(['application_id'], ['transfer_application.id'], name=op.f('fk_transfer_paper_application_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_paper'))
    )
    op.create_index(op.f('ix_transfer_paper_application_id'), 'transfer_paper', ['application_id'], unique=False)


def downgrade() -> None:
    for table in ("transfer_paper", "transfer_step", "transfer_application"):
        op.drop_table(table)
