"""A key knows the key that created it, and ends with it; the audit says which key acted, from which address;
registrations that nobody approves lapse.

Nobody recorded which key created a key before; such keys count as issued by the platform.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATUS = "ck_enterprise_status"


def upgrade() -> None:
    op.add_column("api_key", sa.Column("parent_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_api_key_parent_id"), "api_key", "api_key", ["parent_id"], ["id"])
    op.create_index(op.f("ix_api_key_parent_id"), "api_key", ["parent_id"])
    op.add_column("audit", sa.Column("key_id", sa.Uuid()))
    op.add_column("audit", sa.Column("address", sa.String()))
    op.drop_constraint(op.f(STATUS), "enterprise")
    statuses = "status IN ('pending', 'approved', 'suspended', 'rejected', 'lapsed')"
    op.create_check_constraint(op.f(STATUS), "enterprise", statuses)
    _replace_uscc_index("status NOT IN ('rejected', 'lapsed')")
    pending = sa.text("status = 'pending'")
    op.create_index("ix_enterprise_pending", "enterprise", ["created_at"], postgresql_where=pending)


def downgrade() -> None:
    """A registration that lapsed becomes a rejected one."""
    op.drop_index("ix_enterprise_pending", "enterprise")
    op.execute("UPDATE enterprise SET status = 'rejected' WHERE status = 'lapsed'")
    _replace_uscc_index("status <> 'rejected'")
    op.drop_constraint(op.f(STATUS), "enterprise")
    statuses = "status IN ('pending', 'approved', 'suspended', 'rejected')"
    op.create_check_constraint(op.f(STATUS), "enterprise", statuses)
    op.drop_column("audit", "address")
    op.drop_column("audit", "key_id")
    op.drop_index(op.f("ix_api_key_parent_id"), "api_key")
    op.drop_column("api_key", "parent_id")


def _replace_uscc_index(living: str) -> None:
    op.drop_index("ix_enterprise_uscc", "enterprise")
    op.create_index(
        "ix_enterprise_uscc", "enterprise", ["uscc"], unique=True, postgresql_where=sa.text(living)
    )
