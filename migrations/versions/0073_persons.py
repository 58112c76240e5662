"""Persons, their memberships, invitations and log-ins; the audit says which person acted.

Revision ID: 0073
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

LIVING = sa.text("erased_at IS NULL")
CURRENT = sa.text("ended_at IS NULL")
RIGHTS = "('owner', 'trader', 'viewer', 'driver')"
LANGUAGES = "('zh', 'en')"


def upgrade() -> None:
    op.add_column("audit", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("totp_secret", sa.String(), nullable=True),
        sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"language IN {LANGUAGES}", name=op.f("ck_person_language")),
        sa.CheckConstraint(
            "erased_at IS NOT NULL OR num_nonnulls(email, phone) > 0", name=op.f("ck_person_reachable")
        ),
        sa.CheckConstraint(
            "totp_since IS NULL OR totp_secret IS NOT NULL", name=op.f("ck_person_second_factor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("no", name=op.f("uq_person_no")),
    )
    op.create_index("ix_person_email", "person", [sa.text("lower(email)")], unique=True, postgresql_where=LIVING)
    op.create_index("ix_person_phone", "person", ["phone"], unique=True, postgresql_where=LIVING)
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("right", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f'"right" IN {RIGHTS}', name=op.f("ck_membership_right")),
        sa.CheckConstraint("num_nonnulls(enterprise_id, staff_id) = 1", name=op.f("ck_membership_of_one")),
        sa.CheckConstraint(
            '(enterprise_id IS NULL) = ("right" IS NULL)', name=op.f("ck_membership_right_in_enterprise")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_membership_enterprise_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_membership_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(
        "ix_membership_enterprise", "membership", ["enterprise_id", "person_id"],
        unique=True, postgresql_where=CURRENT,
    )  # fmt: skip
    op.create_index("ix_membership_staff", "membership", ["staff_id"], unique=True, postgresql_where=CURRENT)
    op.create_index(
        "ix_membership_person_as_staff", "membership", ["person_id"],
        unique=True, postgresql_where=sa.text("ended_at IS NULL AND staff_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_membership_person_id", "membership", ["person_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("right", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'accepted', 'withdrawn', 'lapsed')", name=op.f("ck_invitation_status")
        ),
        sa.CheckConstraint(f'"right" IN {RIGHTS}', name=op.f("ck_invitation_right")),
        sa.CheckConstraint(f"language IN {LANGUAGES}", name=op.f("ck_invitation_language")),
        sa.CheckConstraint("num_nonnulls(enterprise_id, staff_id) = 1", name=op.f("ck_invitation_of_one")),
        sa.CheckConstraint(
            '(enterprise_id IS NULL) = ("right" IS NULL)', name=op.f("ck_invitation_right_in_enterprise")
        ),
        sa.CheckConstraint(
            "(status = 'accepted') = (person_id IS NOT NULL)", name=op.f("ck_invitation_accepted_by")
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_invitation_enterprise_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_invitation_staff_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invitation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitation_digest")),
    )
    op.create_index("ix_invitation_enterprise", "invitation", ["enterprise_id", "id"])
    op.create_index("ix_invitation_staff_id", "invitation", ["staff_id"])
    op.create_index(
        "ix_invitation_open", "invitation", ["created_at"], postgresql_where=sa.text("status = 'open'")
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_session_membership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
    )
    op.create_index("ix_session_person_id", "session", ["person_id"])
    op.create_index("ix_session_membership_id", "session", ["membership_id"])
    op.create_index("ix_session_created_at", "session", ["created_at"])
    op.create_table(
        "login_failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    op.create_index("ix_login_failure_login", "login_failure", ["login", "at"])
    op.create_index("ix_login_failure_address", "login_failure", ["address", "at"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("person_id", "digest", name=op.f("uq_recovery_code_person_id_digest")),
    )
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_password_reset_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("digest", name=op.f("uq_password_reset_digest")),
    )
    op.create_index("ix_password_reset_person_id", "password_reset", ["person_id", "created_at"])


def downgrade() -> None:
    tables = ("password_reset", "recovery_code", "login_failure", "session", "invitation", "membership")
    for table in (*tables, "person"):
        op.drop_table(table)
    op.drop_column("audit", "person_id")
