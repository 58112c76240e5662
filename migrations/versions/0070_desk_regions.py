"""The desk by region: indexes of what waits there, and inspections whose findings an officer has to see to.

Revision ID: 0070
Revises: 0069
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

KINDS_BEFORE = (
    "'registration', 'receiver_registration', 'transporter_paper', 'appeal', 'repair', 'provisional_block',"
    " 'expiring_evaluation', 'grade_change', 'unmatched_entry', 'early_warning'"
)
KINDS = f"{KINDS_BEFORE}, 'overdue_rectification', 'recheck'"
BY_OFFICERS = "kind IN ('district', 'city')"
DISTRICT = sa.text("(substr(uscc::text, 3, 6)::integer)")
ADDED = (
    ("ix_enterprise_pending_region", "enterprise", ["region", "created_at", "id"], "status = 'pending'"),
    ("ix_credit_unmatched_district", "credit_unmatched", [DISTRICT, "created_at", "id"], "settled_at IS NULL"),
    (
        "ix_inspection_overdue", "inspection", ["due_on", "id", "enterprise_id"],
        f"status = 'overdue' AND {BY_OFFICERS}",
    ),
    (
        "ix_inspection_answered", "inspection", ["answered_at", "id", "enterprise_id"],
        f"status = 'answered' AND {BY_OFFICERS}",
    ),
)  # fmt: skip


def _check(kinds: str) -> None:
    op.drop_constraint(op.f("ck_desk_assignment_kind"), "desk_assignment", type_="check")
    op.create_check_constraint(op.f("ck_desk_assignment_kind"), "desk_assignment", f"kind IN ({kinds})")


def upgrade() -> None:
    _check(KINDS)
    for name, table, columns, where in ADDED:
        op.create_index(op.f(name), table, columns, postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, *_ in ADDED:
        op.drop_index(op.f(name), table)
    op.execute("DELETE FROM desk_assignment WHERE kind IN ('overdue_rectification', 'recheck')")
    _check(KINDS_BEFORE)
