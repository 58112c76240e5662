"""The register of transporters and its papers.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transporter_register",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("service_area", ARRAY(sa.Integer()), nullable=False),
        sa.Column("hazardous", sa.Boolean(), nullable=False),
        sa.Column("duty_phone", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_transporter_register_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("enterprise_id", name=op.f("pk_transporter_register")),
    )
    op.create_table(
        "transporter_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transporter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=True),
        sa.Column("insurer", sa.String(), nullable=True),
        sa.Column("plate", sa.String(), nullable=True),
        sa.Column("vehicle_kind", sa.String(), nullable=True),
        sa.Column("payload_kg", sa.BigInteger(), nullable=True),
        sa.Column("tracker", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_days", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        ExcludeConstraint(
            (sa.column("kind"), "="),
            (sa.column("key"), "="),
            (sa.column("transporter_id"), "<>"),
            where=sa.text("ended_at IS NULL AND status = 'verified' AND kind <> 'crew'"),
            using="gist",
            name="ex_transporter_paper_one_holder",
        ),
        sa.CheckConstraint(
            "CASE kind WHEN 'permit' THEN num_nulls(number, scope, valid_from, valid_until) = 0 WHEN 'vehicle' THEN num_nulls(plate, vehicle_kind, payload_kg, valid_until) = 0 WHEN 'crew' THEN num_nulls(name) = 0 WHEN 'insurance' THEN num_nulls(number, insurer, valid_from, valid_until) = 0 END",
            name=op.f("ck_transporter_paper_complete"),
        ),
        sa.CheckConstraint(
            "kind IN ('permit', 'vehicle', 'crew', 'insurance')", name=op.f("ck_transporter_paper_kind")
        ),
        sa.CheckConstraint(
            "status IN ('submitted', 'verified', 'refused')", name=op.f("ck_transporter_paper_status")
        ),
        sa.CheckConstraint("payload_kg > 0", name=op.f("ck_transporter_paper_payload")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_transporter_paper_validity")),
        sa.ForeignKeyConstraint(
            ["transporter_id"], ["enterprise.id"], name=op.f("fk_transporter_paper_transporter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transporter_paper")),
    )
    op.create_index(
        "ix_transporter_paper_end",
        "transporter_paper",
        ["valid_until"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND status = 'verified'"),
    )
    op.create_index(
        "ix_transporter_paper_submitted",
        "transporter_paper",
        ["transporter_id", "kind", "key"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND status = 'submitted'"),
    )
    op.create_index(
        "ix_transporter_paper_transporter", "transporter_paper", ["transporter_id", "kind"], unique=False
    )
    op.create_index(
        "ix_transporter_paper_waiting",
        "transporter_paper",
        ["id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL AND status = 'submitted'"),
    )
    op.create_table(
        "crew_card",
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("reminded_days", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('driver', 'escort', 'loader')", name=op.f("ck_crew_card_kind")),
        sa.ForeignKeyConstraint(["paper_id"], ["transporter_paper.id"], name=op.f("fk_crew_card_paper_id")),
        sa.PrimaryKeyConstraint("paper_id", "kind", name=op.f("pk_crew_card")),
    )
    op.create_index("ix_crew_card_end", "crew_card", ["valid_until"], unique=False)
    op.create_table(
        "transporter_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["transporter_paper.id"], name=op.f("fk_transporter_file_paper_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transporter_file")),
    )
    op.create_index(op.f("ix_transporter_file_paper_id"), "transporter_file", ["paper_id"], unique=False)


def downgrade() -> None:
    for table in ("transporter_file", "crew_card", "transporter_paper", "transporter_register"):
        op.drop_table(table)
