"""Licences are suspended and resumed, and the end of a permit is noted once.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

COUNTED = ("licence", "channel", "transfer_approval")
ONCE = "revoked_at IS NULL AND NOT is_double AND status {} AND number_key <> ''"


def upgrade() -> None:
    for table in COUNTED:
        op.add_column(table, sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True))
        op.execute(f"UPDATE {table} SET expired_at = now() WHERE valid_until < current_date")
    _accept("status IN ('submitted', 'confirmed', 'refused', 'suspended')")
    _once("IN ('confirmed', 'suspended')")


def _accept(check: str) -> None:
    op.drop_constraint(op.f("ck_licence_status"), "licence", type_="check")
    op.create_check_constraint(op.f("ck_licence_status"), "licence", check)


def _once(states: str) -> None:
    """The rules that a document is entered once and belongs to one holder, for licences in these states."""
    where = ONCE.format(states)
    op.drop_index("ix_licence_document", "licence")
    op.create_index(
        "ix_licence_document",
        "licence",
        ["enterprise_id", "number_key", "valid_until"],
        unique=True,
        postgresql_where=sa.text(where),
    )
    op.drop_constraint("ex_licence_enterprise_id", "licence")
    op.execute(
        "ALTER TABLE licence ADD CONSTRAINT ex_licence_enterprise_id EXCLUDE USING gist"
        f" (number_key WITH =, enterprise_id WITH <>) WHERE ({where} AND number_key <> '')"
    )


def downgrade() -> None:
    """A suspended licence does not count, and the version before knows only revoked ones of that kind."""
    op.execute(
        "UPDATE licence SET status = 'confirmed', revoked_at = coalesce(revoked_at, now())"
        " WHERE status = 'suspended'"
    )
    _once("= 'confirmed'")
    _accept("status IN ('submitted', 'confirmed', 'refused')")
    for table in COUNTED:
        op.drop_column(table, "expired_at")
