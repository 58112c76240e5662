"""Registrations of receivers of general waste, and requests for contact.

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receiver_registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('submitted', 'confirmed', 'refused')", name=op.f("ck_receiver_registration_status")
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_receiver_registration_validity")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_receiver_registration_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiver_registration")),
    )
    op.create_index(
        "ix_receiver_registration_document",
        "receiver_registration",
        ["enterprise_id", "number_key", "valid_until"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND status <> 'refused'"),
    )
    op.create_index(
        op.f("ix_receiver_registration_enterprise_id"),
        "receiver_registration",
        ["enterprise_id"],
        unique=False,
    )
    op.create_table(
        "registration_site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("modes", sa.SmallInteger(), nullable=False),
        sa.Column("capacity_kg", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(kind = 'store') = (modes = 4)", name=op.f("ck_registration_site_stores_store")),
        sa.CheckConstraint("kind IN ('plant', 'store')", name=op.f("ck_registration_site_kind")),
        sa.CheckConstraint("capacity_kg > 0", name=op.f("ck_registration_site_capacity")),
        sa.CheckConstraint("modes BETWEEN 1 AND 7", name=op.f("ck_registration_site_modes")),
        sa.ForeignKeyConstraint(["region"], ["region.adcode"], name=op.f("fk_registration_site_region")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["receiver_registration.id"],
            name=op.f("fk_registration_site_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_site")),
    )
    op.create_index(
        op.f("ix_registration_site_registration_id"), "registration_site", ["registration_id"], unique=False
    )
    op.create_table(
        "registration_site_code",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"], ["waste_code.id"], name=op.f("fk_registration_site_code_code_id")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["registration_site.id"], name=op.f("fk_registration_site_code_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "code_id", name=op.f("pk_registration_site_code")),
    )
    op.create_index(
        "ix_registration_site_code_code", "registration_site_code", ["code_id", "site_id"], unique=False
    )
    op.create_table(
        "receiver_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'accepted', 'declined', 'withdrawn', 'lapsed')",
            name=op.f("ck_receiver_request_status"),
        ),
        sa.CheckConstraint("kg > 0", name=op.f("ck_receiver_request_kg")),
        sa.CheckConstraint("supplier_id <> receiver_id", name=op.f("ck_receiver_request_two_parties")),
        sa.ForeignKeyConstraint(["code_id"], ["waste_code.id"], name=op.f("fk_receiver_request_code_id")),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["enterprise.id"], name=op.f("fk_receiver_request_receiver_id")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["enterprise.id"], name=op.f("fk_receiver_request_supplier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiver_request")),
    )
    op.create_index(
        "ix_receiver_request_lapse",
        "receiver_request",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_receiver_request_open",
        "receiver_request",
        ["supplier_id", "receiver_id", "code_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("ix_receiver_request_receiver", "receiver_request", ["receiver_id", "id"], unique=False)
    op.create_index("ix_receiver_request_supplier", "receiver_request", ["supplier_id", "id"], unique=False)
    op.execute(
        "ALTER TABLE receiver_registration ADD CONSTRAINT ex_receiver_registration_enterprise_id"
        " EXCLUDE USING gist (number_key WITH =, enterprise_id WITH <>)"
        " WHERE (revoked_at IS NULL AND status = 'confirmed')"
    )


def downgrade() -> None:
    op.drop_table("receiver_request")
    op.drop_table("registration_site_code")
    op.drop_table("registration_site")
    op.drop_table("receiver_registration")
