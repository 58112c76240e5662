"""The ranking of all supplies, its parts and its news

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    op.create_table('rerank_run',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('policy_version', sa.Integer(), nullable=False),
    sa.Column('today', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('slot', sa.SmallInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("reason IN ('nightly', 'policy', 'command')", name=op.f('ck_rerank_run_reason')),
    sa.CheckConstraint("slot IN (0, 1)", name=op.f('ck_rerank_run_slot')),
    sa.CheckConstraint("state IN ('running', 'done', 'superseded')", name=op.f('ck_rerank_run_state')),
    sa.CheckConstraint("(state = 'running') = (ended_at IS NULL)", name=op.f('ck_rerank_run_running_has_no_end')),
    sa.ForeignKeyConstraint(['policy_version'], ['matching_policy.version'], name=op.f('fk_rerank_run_policy_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rerank_run'))
    )
    op.create_index('ix_rerank_run_running', 'rerank_run', ['state'], unique=True, postgresql_where=sa.text("state = 'running'"))
    op.create_table('rerank_part',
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('code_ids', postgresql.ARRAY(sa.Integer()), nullable=False),
    sa.Column('first_no', sa.BigInteger(), nullable=False),
    sa.Column('last_no', sa.BigInteger(), nullable=True),
    sa.Column('expected', sa.Integer(), nullable=False),
    sa.Column('supplies', sa.Integer(), nullable=True),
    sa.Column('pairings', sa.Integer(), nullable=True),
    sa.Column('took_s', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['run_id'], ['rerank_run.id'], name=op.f('fk_rerank_part_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('run_id', 'number', name=op.f('pk_rerank_part'))
    )
    for slot in (0, 1):
        op.create_table(f'ranked_supply_{slot}',
        sa.Column('supply', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('demands', postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column('scores', postgresql.ARRAY(sa.REAL()), nullable=False),
        sa.PrimaryKeyConstraint('supply', name=op.f(f'pk_ranked_supply_{slot}'))
        )
    op.create_table('new_pairing',
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('receiver', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('mine', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('theirs', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code_id', sa.Integer(), nullable=False),
    sa.Column('score', sa.REAL(), nullable=False),
    sa.Column('rank', sa.SmallInteger(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['rerank_run.id'], name=op.f('fk_new_pairing_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('run_id', 'receiver', 'mine', 'theirs', name=op.f('pk_new_pairing'))
    )


def downgrade() -> None:
    op.drop_table('new_pairing')
    for slot in (0, 1):
        op.drop_table(f'ranked_supply_{slot}')
    op.drop_table('rerank_part')
    op.drop_table('rerank_run')
