"""Items of the desk that concern two regions: where a change would move an enterprise, who receives a transfer.

Revision ID: 0085
Revises: 0084
"""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

OPEN = "status = 'open'"
AT_AN_AUTHORITY = "status IN ('submitted', 'at_sender', 'at_receiver', 'deciding')"
CHANGES = ["created_at", "id", "enterprise_id"]
TRANSFERS = {
    "ix_transfer_application_since": ["step_began_on", "id", "generator_id"],
    "ix_transfer_application_due": ["due_on", "id", "generator_id"],
}


def _replace(name: str, table: str, columns: list[str], where: str) -> None:
    op.drop_index(op.f(name), table)
    op.create_index(op.f(name), table, columns, postgresql_where=sa.text(where))


def upgrade() -> None:
    op.add_column(
        "enterprise_change",
        sa.Column("region_proposed", sa.Integer(), sa.Computed("(proposed ->> 'region')::integer", persisted=True)),
    )
    op.create_index(
        op.f("ix_enterprise_change_to"),
        "enterprise_change",
        ["region_proposed"],
        postgresql_where=sa.text(OPEN),
    )
    _replace("ix_enterprise_change_since", "enterprise_change", [*CHANGES, "region_proposed"], OPEN)
    for name, columns in TRANSFERS.items():
        _replace(name, "transfer_application", [*columns, "receiver_id", "status"], AT_AN_AUTHORITY)


def downgrade() -> None:
    for name, columns in TRANSFERS.items():
        _replace(name, "transfer_application", columns, AT_AN_AUTHORITY)
    _replace("ix_enterprise_change_since", "enterprise_change", CHANGES, OPEN)
    op.drop_index(op.f("ix_enterprise_change_to"), "enterprise_change")
    op.drop_column("enterprise_change", "region_proposed")
