"""Registrations can be rejected, which frees their USCC; addresses are proven and lost keys recovered by links
in e-mails; what ends soon is announced once. The addresses of enterprises that were approved or suspended before
count as proven.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATUS = "ck_enterprise_status"


def upgrade() -> None:
    op.add_column("enterprise", sa.Column("status_reason", sa.String()))
    op.add_column("enterprise", sa.Column("email_proven_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE enterprise SET email_proven_at = now() WHERE status <> 'pending'")
    op.drop_constraint(op.f(STATUS), "enterprise")
    op.create_check_constraint(
        op.f(STATUS), "enterprise", "status IN ('pending', 'approved', 'suspended', 'rejected')"
    )
    op.drop_constraint(op.f("uq_enterprise_uscc"), "enterprise")
    living = sa.text("status <> 'rejected'")
    op.create_index("ix_enterprise_uscc", "enterprise", ["uscc"], unique=True, postgresql_where=living)
    op.create_table(
        "mail_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('proof', 'recovery')", name=op.f("ck_mail_token_purpose")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_mail_token_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_mail_token_digest")),
    )
    op.create_index(op.f("ix_mail_token_enterprise_id"), "mail_token", ["enterprise_id"])
    op.create_table(
        "announcement",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "last_day", name=op.f("pk_announcement")),
    )


def downgrade() -> None:
    """A rejected registration becomes suspended; where its USCC was registered anew, with a mark before it."""
    op.drop_table("announcement")
    op.drop_table("mail_token")
    op.drop_index("ix_enterprise_uscc", "enterprise")
    op.execute(
        "UPDATE enterprise SET uscc = 'X' || right(md5(id::text), 17)"
        " WHERE status = 'rejected' AND uscc IN (SELECT uscc FROM enterprise GROUP BY 1 HAVING count(*) > 1)"
    )
    op.execute("UPDATE enterprise SET status = 'suspended' WHERE status = 'rejected'")
    op.create_unique_constraint(op.f("uq_enterprise_uscc"), "enterprise", ["uscc"])
    op.drop_constraint(op.f(STATUS), "enterprise")
    op.create_check_constraint(op.f(STATUS), "enterprise", "status IN ('pending', 'approved', 'suspended')")
    op.drop_column("enterprise", "email_proven_at")
    op.drop_column("enterprise", "status_reason")
