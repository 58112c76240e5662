"""Sessions say which account elsewhere began them; an address is invited into the same by one open invitation.

Sessions that an account elsewhere may have begun end: people log in once more. Of several open invitations of an
address the last stays open.

Revision ID: 0084
Revises: 0083
"""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

MAILED_ONCE = (("ix_invitation_mailed", "enterprise_id"), ("ix_invitation_mailed_to_staff", "staff_id"))


def upgrade() -> None:
    op.add_column("session", sa.Column("issuer", sa.String()))
    op.execute(
        "UPDATE session SET ended_at = now()"
        " WHERE ended_at IS NULL AND person_id IN (SELECT person_id FROM linked_account)"
    )
    op.execute(
        "UPDATE invitation AS earlier SET status = 'withdrawn', version = version + 1"
        " WHERE earlier.status = 'open' AND EXISTS ("
        "SELECT FROM invitation AS later WHERE later.status = 'open' AND later.id > earlier.id"
        " AND lower(later.email) = lower(earlier.email)"
        " AND (later.enterprise_id = earlier.enterprise_id OR later.staff_id = earlier.staff_id))"
    )
    for name, column in MAILED_ONCE:
        op.create_index(
            op.f(name),
            "invitation",
            [column, sa.text("lower(email)")],
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
        )


def downgrade() -> None:
    for name, _ in MAILED_ONCE:
        op.drop_index(op.f(name), "invitation")
    op.drop_column("session", "issuer")
