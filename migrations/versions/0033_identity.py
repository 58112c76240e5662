"""Names are compared by a folded form and a skeleton; what an approval vouches for changes by proposal; a second
claim on a USCC is a case for staff.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.lookalikes import folded, skeleton

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

LIVING = sa.text("status NOT IN ('rejected', 'lapsed')")
IS_OPEN = sa.text("status = 'open'")
FORMS = ("name_folded", "name_skeleton")


def upgrade() -> None:
    for form in FORMS:
        op.add_column("enterprise", sa.Column(form, sa.String(), server_default="", nullable=False))
    _fold_names()
    for form in FORMS:
        op.alter_column("enterprise", form, server_default=None)
        op.create_index(f"ix_enterprise_{form}", "enterprise", [form], postgresql_where=LIVING)
    op.create_table(
        "enterprise_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("proposed", JSONB(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'confirmed', 'refused', 'withdrawn')",
            name=op.f("ck_enterprise_change_status"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_change_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_change")),
    )
    op.create_index(op.f("ix_enterprise_change_enterprise_id"), "enterprise_change", ["enterprise_id"])
    op.create_index(
        "ix_enterprise_change_open",
        "enterprise_change",
        ["enterprise_id"],
        unique=True,
        postgresql_where=IS_OPEN,
    )
    op.create_table(
        "uscc_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("contact_phone", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'upheld', 'dismissed', 'lapsed')", name=op.f("ck_uscc_claim_status")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_uscc_claim_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uscc_claim")),
    )
    op.create_index(op.f("ix_uscc_claim_enterprise_id"), "uscc_claim", ["enterprise_id"])
    op.create_index("ix_uscc_claim_open", "uscc_claim", ["created_at"], postgresql_where=IS_OPEN)


def downgrade() -> None:
    op.drop_table("uscc_claim")
    op.drop_table("enterprise_change")
    for form in FORMS:
        op.drop_index(f"ix_enterprise_{form}", "enterprise")
        op.drop_column("enterprise", form)


def _fold_names() -> None:
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT id, name FROM enterprise")).all()
    forms = [{"id": id_, "folded": folded(name), "skeleton": skeleton(name)} for id_, name in names]
    update = "UPDATE enterprise SET name_folded = :folded, name_skeleton = :skeleton WHERE id = :id"
    if forms:
        connection.execute(sa.text(update), forms)
