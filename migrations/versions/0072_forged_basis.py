"""A forged manifest is cited by the transfer measures, which ask for true entries, where nobody chose otherwise.

Revision ID: 0072
Revises: 0071
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

RUN_MANIFESTS, TRUE_ENTRIES = "eco-code-536", "transfer-measures-2021"
SET_BASIS = """
    UPDATE credit_rule_table SET rules = (
        SELECT jsonb_agg(CASE WHEN rule ->> 'code' = 'manifest.forged' AND rule ->> 'basis' = :before
                              THEN rule || jsonb_build_object('basis', CAST(:after AS text)) ELSE rule END
                         ORDER BY place)
        FROM jsonb_array_elements(rules) WITH ORDINALITY AS r(rule, place))
    WHERE created_by IS NULL AND version > 1
"""
"""Tables that an admin published are theirs, and events keep the basis of their day."""


def upgrade() -> None:
    op.get_bind().execute(sa.text(SET_BASIS), {"before": RUN_MANIFESTS, "after": TRUE_ENTRIES})


def downgrade() -> None:
    op.get_bind().execute(sa.text(SET_BASIS), {"before": TRUE_ENTRIES, "after": RUN_MANIFESTS})
