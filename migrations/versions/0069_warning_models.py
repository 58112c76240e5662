"""A month may have a further training, where what is stored of the first is refused.

Revision ID: 0069
Revises: 0068
"""

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

NEWEST = """
    SELECT id, first_value(id) OVER (PARTITION BY month ORDER BY created_at DESC, id DESC) AS newest
    FROM early_warning_model
"""
USERS = ("early_warning", "early_warning_run")


def upgrade() -> None:
    op.drop_constraint(op.f("uq_early_warning_model_month"), "early_warning_model", type_="unique")


def downgrade() -> None:
    for table in USERS:
        op.execute(f"UPDATE {table} SET model_id = newest FROM ({NEWEST}) AS of_month WHERE of_month.id = model_id")
    op.execute(f"DELETE FROM early_warning_model WHERE id IN (SELECT id FROM ({NEWEST}) AS each WHERE id <> newest)")
    op.create_unique_constraint(op.f("uq_early_warning_model_month"), "early_warning_model", ["month"])
