"""Photos of listings, whose content lies in the folder of files under its digest; and listings that pause.

Revision ID: 0079
Revises: 0078
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

STATUS = "ck_listing_status"
BEFORE = "status IN ('draft', 'open', 'fulfilled', 'expired', 'withdrawn')"
AFTER = "status IN ('draft', 'open', 'paused', 'fulfilled', 'expired', 'withdrawn')"


def upgrade() -> None:
    op.create_table(
        "listing_photo",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid()),
        sa.Column("number", sa.SmallInteger()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_by", sa.Uuid()),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_listing_photo_size")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_listing_photo_sha256")),
        sa.CheckConstraint("number BETWEEN 1 AND 4", name=op.f("ck_listing_photo_number")),
        sa.CheckConstraint(
            "(listing_id IS NULL) = (number IS NULL)", name=op.f("ck_listing_photo_numbered_in_a_listing")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_listing_photo_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_listing_photo_listing_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_listing_photo_person_id")),
        sa.UniqueConstraint("listing_id", "number", name=op.f("uq_listing_photo_listing_id_number")),
        sa.UniqueConstraint("listing_id", "sha256", name=op.f("uq_listing_photo_listing_id_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_photo")),
    )
    op.create_index(op.f("ix_listing_photo_sha256"), "listing_photo", ["sha256"])
    op.create_index(op.f("ix_listing_photo_enterprise_id"), "listing_photo", ["enterprise_id"])
    op.drop_constraint(op.f(STATUS), "listing")
    op.create_check_constraint(op.f(STATUS), "listing", AFTER)


def downgrade() -> None:
    op.execute("UPDATE listing SET status = 'open' WHERE status = 'paused'")
    op.drop_constraint(op.f(STATUS), "listing")
    op.create_check_constraint(op.f(STATUS), "listing", BEFORE)
    op.drop_table("listing_photo")
