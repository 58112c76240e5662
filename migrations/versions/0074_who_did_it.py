"""Which person did it, in events and signed rows; keys bound to persons; resets by two admins; new addresses.

Revision ID: 0074
Revises: 0073
"""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

MADE = (
    "offer_round", "deal_rating", "manifest_version", "manifest_correction", "due_diligence",
    "declaration_version", "management_plan_version", "reporting_class_decision", "credit_file",
    "inspection_photo", "api_key",
)  # fmt: skip
OPEN = sa.text("status IN ('proposed', 'confirmed')")


def upgrade() -> None:
    op.add_column("event", sa.Column("person_id", sa.Uuid(), nullable=True))
    for table in MADE:
        op.add_column(table, sa.Column("person_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_person_id"), table, "person", ["person_id"], ["id"])
    op.create_index("ix_api_key_person_id", "api_key", ["person_id"])
    op.create_index(
        "ix_audit_person", "audit", ["person_id", "id"], postgresql_where=sa.text("person_id IS NOT NULL")
    )
    op.create_table(
        "email_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_email_change_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
        sa.UniqueConstraint("digest", name=op.f("uq_email_change_digest")),
    )
    op.create_index("ix_email_change_person_id", "email_change", ["person_id", "created_at"])
    op.create_table(
        "access_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposer_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmer_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'confirmed', 'used', 'withdrawn', 'lapsed')",
            name=op.f("ck_access_reset_status"),
        ),
        sa.CheckConstraint("kind IN ('password', 'second_factor')", name=op.f("ck_access_reset_kind")),
        sa.CheckConstraint("confirmed_by <> proposed_by", name=op.f("ck_access_reset_second_admin")),
        sa.CheckConstraint("confirmer_id <> proposer_id", name=op.f("ck_access_reset_second_person")),
        sa.CheckConstraint(
            "proposer_id <> person_id AND confirmer_id <> person_id",
            name=op.f("ck_access_reset_not_for_oneself"),
        ),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)",
            name=op.f("ck_access_reset_confirmed_by_somebody"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'used') OR confirmed_by IS NOT NULL",
            name=op.f("ck_access_reset_confirmed"),
        ),
        sa.CheckConstraint(
            "status <> 'confirmed' OR digest IS NOT NULL", name=op.f("ck_access_reset_has_code")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_reset_person_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_access_reset_proposed_by")),
        sa.ForeignKeyConstraint(["proposer_id"], ["person.id"], name=op.f("fk_access_reset_proposer_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_access_reset_confirmed_by")),
        sa.ForeignKeyConstraint(["confirmer_id"], ["person.id"], name=op.f("fk_access_reset_confirmer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_reset")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_reset_digest")),
    )
    op.create_index(
        "ix_access_reset_open", "access_reset", ["person_id", "kind"], unique=True, postgresql_where=OPEN
    )
    op.create_index("ix_access_reset_under_way", "access_reset", ["created_at"], postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_table("access_reset")
    op.drop_table("email_change")
    op.drop_index("ix_audit_person", "audit")
    op.drop_index("ix_api_key_person_id", "api_key")
    for table in reversed(MADE):
        op.drop_constraint(op.f(f"fk_{table}_person_id"), table, type_="foreignkey")
        op.drop_column(table, "person_id")
    op.drop_column("event", "person_id")
