"""Further kinds of the desk: an index of the changes, claims, licences, applications and reviews that wait.

Revision ID: 0083
Revises: 0082
"""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

KINDS_BEFORE = (
    "'registration', 'receiver_registration', 'transporter_paper', 'appeal', 'repair', 'provisional_block',"
    " 'expiring_evaluation', 'grade_change', 'unmatched_entry', 'early_warning', 'overdue_rectification',"
    " 'recheck'"
)
ADDED_KINDS = "'profile_change', 'uscc_claim', 'licence', 'transfer_application', 'exemption_review'"
AT_AN_AUTHORITY = "status IN ('submitted', 'at_sender', 'at_receiver', 'deciding')"
UNREVIEWED = "status = 'open' AND exemption_item IS NOT NULL AND exemption_review IS NULL"
CLAIMS = "ix_uscc_claim_open"
ADDED = (
    (
        "ix_enterprise_change_since", "enterprise_change", ["created_at", "id", "enterprise_id"],
        "status = 'open'",
    ),
    (
        "ix_licence_submitted", "licence", ["created_at", "id", "enterprise_id"],
        "revoked_at IS NULL AND status = 'submitted'",
    ),
    (
        "ix_transfer_application_since", "transfer_application", ["step_began_on", "id", "generator_id"],
        AT_AN_AUTHORITY,
    ),
    (
        "ix_transfer_application_due", "transfer_application", ["due_on", "id", "generator_id"],
        AT_AN_AUTHORITY,
    ),
    ("ix_listing_unreviewed", "listing", ["published_at", "id", "enterprise_id"], UNREVIEWED),
    ("ix_listing_unreviewed_owner", "listing", ["enterprise_id", "published_at", "id"], UNREVIEWED),
)  # fmt: skip


def _check(kinds: str) -> None:
    op.drop_constraint(op.f("ck_desk_assignment_kind"), "desk_assignment", type_="check")
    op.create_check_constraint(op.f("ck_desk_assignment_kind"), "desk_assignment", f"kind IN ({kinds})")


def _claims(columns: list[str]) -> None:
    op.drop_index(op.f(CLAIMS), "uscc_claim")
    op.create_index(op.f(CLAIMS), "uscc_claim", columns, postgresql_where=sa.text("status = 'open'"))


def upgrade() -> None:
    _check(f"{KINDS_BEFORE}, {ADDED_KINDS}")
    _claims(["created_at", "id", "enterprise_id"])
    for name, table, columns, where in ADDED:
        op.create_index(op.f(name), table, columns, postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, *_ in ADDED:
        op.drop_index(op.f(name), table)
    _claims(["created_at"])
    op.execute(f"DELETE FROM desk_assignment WHERE kind IN ({ADDED_KINDS})")
    _check(KINDS_BEFORE)
