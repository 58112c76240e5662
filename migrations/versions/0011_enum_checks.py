"""Columns that hold a value of an enum are checked for it: the mode of a treatment, the kind of a licence.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CHECKS = (
    ("treatment", "mode", "mode IN ('use', 'dispose', 'store')"),
    ("licence", "kind", "kind IN ('comprehensive', 'collection')"),
)


def upgrade() -> None:
    for table, column, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, condition)


def downgrade() -> None:
    for table, column, _ in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
