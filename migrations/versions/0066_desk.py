"""The desk: who has taken what, changes of grade to be seen, and an index of what waits for each kind of item.

Revision ID: 0066
Revises: 0065
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

KINDS = (
    "('registration', 'receiver_registration', 'transporter_paper', 'appeal', 'repair', 'provisional_block',"
    " 'expiring_evaluation', 'grade_change', 'unmatched_entry', 'early_warning')"
)
GRADES = "('A', 'B', 'C', 'D', 'E')"
OPEN, UNDECIDED = "status = 'open'", "status IN ('open', 'checked')"
UNSEEN = "seen_at IS NULL"
PENDING = "status = 'pending'"
DAY = "((timezone('Asia/Shanghai'::text, created_at))::date)"
REPLACED = (
    ("ix_enterprise_pending", "enterprise", "created_at", "region", PENDING),
    ("ix_credit_appeal_due", "credit_appeal", "due_on", "enterprise_id", OPEN),
    ("ix_credit_repair_due", "credit_repair", "due_on", "enterprise_id", UNDECIDED),
    ("ix_credit_evaluation_valid_until", "credit_evaluation", "valid_until", "enterprise_id", None),
)
"""Indexes that get two further columns: the id, so that pages continue within a day or moment, and whose row it
is, so that a regulator's page passes over other regions without a look at the table."""
ADDED = (
    ("ix_credit_appeal_since", "credit_appeal", "created_at", "enterprise_id", OPEN),
    ("ix_credit_repair_since", "credit_repair", "created_at", "enterprise_id", UNDECIDED),
    (
        "ix_credit_block_provisional", "credit_block", "placed_at", "enterprise_id",
        "confirmed_at IS NULL AND lifted_at IS NULL",
    ),
    ("ix_credit_unmatched_since", "credit_unmatched", "created_at", "uscc", "settled_at IS NULL"),
    (
        "ix_receiver_registration_since", "receiver_registration", "created_at", "enterprise_id",
        "revoked_at IS NULL AND status = 'submitted'",
    ),
    (
        "ix_transporter_paper_since", "transporter_paper", "created_at", "transporter_id",
        "ended_at IS NULL AND status = 'submitted'",
    ),
)  # fmt: skip


def _index(name: str, table: str, columns: list, where: str | None, unique: bool = False) -> None:
    condition = {} if where is None else {"postgresql_where": sa.text(where)}
    op.create_index(op.f(name), table, columns, unique=unique, **condition)


def upgrade() -> None:
    op.create_table(
        "desk_assignment",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=False),
        sa.Column("assigned_by", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_desk_assignment_kind")),
        sa.ForeignKeyConstraint(["assigned_to"], ["staff.id"], name=op.f("fk_desk_assignment_assigned_to")),
        sa.ForeignKeyConstraint(["assigned_by"], ["staff.id"], name=op.f("fk_desk_assignment_assigned_by")),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_desk_assignment")),
    )
    _index("ix_desk_assignment_officer", "desk_assignment", ["assigned_to", "kind", "subject_id"], None)
    op.create_table(
        "desk_grade_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("grade_before", sa.String(length=1), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"grade_before IN {GRADES}", name=op.f("ck_desk_grade_change_grade_before")),
        sa.CheckConstraint(f"grade IN {GRADES}", name=op.f("ck_desk_grade_change_grade")),
        sa.CheckConstraint("grade <> grade_before", name=op.f("ck_desk_grade_change_changed")),
        sa.CheckConstraint(
            "(seen_by IS NULL) = (seen_at IS NULL)", name=op.f("ck_desk_grade_change_seen_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_desk_grade_change_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_desk_grade_change_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_grade_change")),
    )
    _index("ix_desk_grade_change_enterprise", "desk_grade_change", ["enterprise_id", "id"], None)
    _index("ix_desk_grade_change_unseen", "desk_grade_change", ["enterprise_id"], UNSEEN, unique=True)
    _index("ix_desk_grade_change_since", "desk_grade_change", ["changed_at", "id", "enterprise_id"], UNSEEN)
    for name, table, column, owner, where in REPLACED:
        op.drop_index(op.f(name), table)
        _index(name, table, [column, "id", owner], where)
    for name, table, column, owner, where in ADDED:
        _index(name, table, [column, "id", owner], where)
    _index("ix_enterprise_pending_day", "enterprise", [sa.text(DAY), "id", "region"], PENDING)


def downgrade() -> None:
    op.drop_index(op.f("ix_enterprise_pending_day"), "enterprise")
    for name, table, *_ in ADDED:
        op.drop_index(op.f(name), table)
    for name, table, column, _, where in REPLACED:
        op.drop_index(op.f(name), table)
        _index(name, table, [column], where)
    op.drop_table("desk_grade_change")
    op.drop_table("desk_assignment")
