"""Manifests, with the deadlines of their steps and the tolerances of their weights.

Revision ID: 0038
Revises: 0037
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

OURS = "our own choice"
SINCE = date(2026, 1, 1)
DEADLINES = (
    ("schedule", True, 2, 4, 10, "O", OURS),
    ("pickup", True, 1, 3, 10, "O", OURS),
    ("deliver", True, 1, 3, 10, "O", OURS),
    ("receive", True, 2, 5, 10, "O", OURS),
    ("close", True, 3, 5, 10, "T", "危险废物转移管理办法（2021）第十八条：5 working days after acceptance"),
    ("explain", True, 2, 3, 10, "O", OURS),
    ("follow", True, 3, 5, 15, "O", OURS),
    ("outcome", False, 30, 60, None, "O", OURS),
)
"""Step, whether its days are working days, days until it is reminded, escalated, recorded; mark and source."""
TOLERANCES = (
    (None, None, 30),
    ("solid", None, 30),
    ("powder", None, 30),
    ("sludge", None, 80),
    ("liquid", None, 30),
    ("liquid", "tank", 30),
    ("liquid", "drum", 10),
)
"""Form, packing, and by how many thousandths two weights may differ."""


def upgrade() -> None:
    op.create_table(
        "manifest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("official_number", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=True),
        sa.Column("copied_from_id", sa.Uuid(), nullable=True),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("transporter_id", sa.Uuid(), nullable=False),
        sa.Column("region", sa.Integer(), nullable=False),
        sa.Column("hazardous", sa.Boolean(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vehicle", sa.String(), nullable=True),
        sa.Column("driver", sa.String(), nullable=True),
        sa.Column("escort", sa.String(), nullable=True),
        sa.Column("emergency", sa.String(), nullable=True),
        sa.Column("planned_kg", sa.BigInteger(), nullable=False),
        sa.Column("picked_up_kg", sa.BigInteger(), nullable=True),
        sa.Column("received_kg", sa.BigInteger(), nullable=True),
        sa.Column("refused_kg", sa.BigInteger(), nullable=True),
        sa.Column("accepted_kg", sa.BigInteger(), nullable=True),
        sa.Column("treated_kg", sa.BigInteger(), nullable=False),
        sa.Column("packages_picked_up", sa.Integer(), nullable=True),
        sa.Column("packages_received", sa.Integer(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("plan_missing", sa.Boolean(), nullable=False),
        sa.Column("missing_delivery", sa.Boolean(), nullable=False),
        sa.Column("delivered_lon", sa.Double(), nullable=True),
        sa.Column("delivered_lat", sa.Double(), nullable=True),
        sa.Column("delivery_reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("picked_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("explain_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("follow_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'first') = (origin_id IS NULL)", name=op.f("ck_manifest_follows")),
        sa.CheckConstraint("(kind = 'return') = (sender_id = receiver_id)", name=op.f("ck_manifest_parties")),
        sa.CheckConstraint("kind IN ('first', 'return', 'onward')", name=op.f("ck_manifest_kind")),
        sa.CheckConstraint(
            "status IN ('draft', 'requested', 'scheduled', 'issued', 'moving', 'delivered', 'received', 'partly_refused', 'refused', 'closed', 'treated', 'cancelled')",
            name=op.f("ck_manifest_status"),
        ),
        sa.CheckConstraint("accepted_kg BETWEEN 0 AND received_kg", name=op.f("ck_manifest_accepted")),
        sa.CheckConstraint("picked_up_kg > 0", name=op.f("ck_manifest_picked_up")),
        sa.CheckConstraint("planned_kg > 0", name=op.f("ck_manifest_planned")),
        sa.CheckConstraint("received_kg > 0", name=op.f("ck_manifest_received")),
        sa.CheckConstraint("refused_kg BETWEEN 0 AND received_kg", name=op.f("ck_manifest_refused")),
        sa.CheckConstraint("treated_kg >= 0", name=op.f("ck_manifest_treated")),
        sa.ForeignKeyConstraint(["copied_from_id"], ["manifest.id"], name=op.f("fk_manifest_copied_from_id")),
        sa.ForeignKeyConstraint(["origin_id"], ["manifest.id"], name=op.f("fk_manifest_origin_id")),
        sa.ForeignKeyConstraint(["receiver_id"], ["enterprise.id"], name=op.f("fk_manifest_receiver_id")),
        sa.ForeignKeyConstraint(["region"], ["region.adcode"], name=op.f("fk_manifest_region")),
        sa.ForeignKeyConstraint(["sender_id"], ["enterprise.id"], name=op.f("fk_manifest_sender_id")),
        sa.ForeignKeyConstraint(
            ["transporter_id"], ["enterprise.id"], name=op.f("fk_manifest_transporter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
        sa.UniqueConstraint("number", name=op.f("uq_manifest_number")),
    )
    op.create_index(
        "ix_manifest_issued",
        "manifest",
        ["issued_on", "region"],
        unique=False,
        postgresql_where=sa.text("issued_on IS NOT NULL"),
    )
    op.create_index(
        "ix_manifest_official_number",
        "manifest",
        ["official_number"],
        unique=True,
        postgresql_where=sa.text("official_number IS NOT NULL AND status <> 'cancelled'"),
    )
    op.create_index(
        "ix_manifest_open",
        "manifest",
        ["status", "id"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('draft', 'treated', 'cancelled')"),
    )
    op.create_index(op.f("ix_manifest_origin_id"), "manifest", ["origin_id"], unique=False)
    op.create_index("ix_manifest_receiver", "manifest", ["receiver_id", "id"], unique=False)
    op.create_index("ix_manifest_region", "manifest", ["region", "id"], unique=False)
    op.create_index("ix_manifest_sender", "manifest", ["sender_id", "id"], unique=False)
    op.create_index("ix_manifest_transporter", "manifest", ["transporter_id", "id"], unique=False)
    op.create_table(
        "manifest_line",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("hazard", sa.String(), nullable=True),
        sa.Column("component", sa.String(), nullable=True),
        sa.Column("packing", sa.String(), nullable=True),
        sa.Column("packages", sa.Integer(), nullable=True),
        sa.Column("quantity_kg", sa.BigInteger(), nullable=False),
        sa.Column("picked_up_kg", sa.BigInteger(), nullable=True),
        sa.Column("received_kg", sa.BigInteger(), nullable=True),
        sa.Column("refused_kg", sa.BigInteger(), nullable=True),
        sa.Column("accepted_kg", sa.BigInteger(), nullable=True),
        sa.Column("held_kg", sa.BigInteger(), nullable=False),
        sa.Column("containers", JSONB(), nullable=False),
        sa.CheckConstraint(
            "accepted_kg + held_kg + refused_kg = received_kg", name=op.f("ck_manifest_line_balance")
        ),
        sa.CheckConstraint("accepted_kg >= 0 AND held_kg >= 0", name=op.f("ck_manifest_line_accepted")),
        sa.CheckConstraint("no > 0", name=op.f("ck_manifest_line_no")),
        sa.CheckConstraint("packages > 0", name=op.f("ck_manifest_line_packages")),
        sa.CheckConstraint("quantity_kg > 0", name=op.f("ck_manifest_line_quantity")),
        sa.CheckConstraint("refused_kg BETWEEN 0 AND received_kg", name=op.f("ck_manifest_line_refused")),
        sa.ForeignKeyConstraint(["code_id"], ["waste_code.id"], name=op.f("fk_manifest_line_code_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_manifest_line_deal_id")),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_line_manifest_id")),
        sa.PrimaryKeyConstraint("manifest_id", "no", name=op.f("pk_manifest_line")),
    )
    op.create_index(op.f("ix_manifest_line_deal_id"), "manifest_line", ["deal_id"], unique=False)
    op.create_table(
        "manifest_leg",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("transporter_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle", sa.String(), nullable=True),
        sa.Column("driver", sa.String(), nullable=True),
        sa.Column("escort", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("no > 0", name=op.f("ck_manifest_leg_no")),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_leg_manifest_id")),
        sa.ForeignKeyConstraint(
            ["transporter_id"], ["enterprise.id"], name=op.f("fk_manifest_leg_transporter_id")
        ),
        sa.PrimaryKeyConstraint("manifest_id", "no", name=op.f("pk_manifest_leg")),
    )
    op.create_index(op.f("ix_manifest_leg_transporter_id"), "manifest_leg", ["transporter_id"], unique=False)
    op.create_table(
        "manifest_serial",
        sa.Column("region", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("region", "day", name=op.f("pk_manifest_serial")),
    )
    op.create_table(
        "manifest_version",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("leg", sa.SmallInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("unsealed", sa.Boolean(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "part IN ('sender', 'carrier', 'receiver')", name=op.f("ck_manifest_version_part")
        ),
        sa.CheckConstraint("no > 0", name=op.f("ck_manifest_version_no")),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_version_manifest_id")
        ),
        sa.PrimaryKeyConstraint("manifest_id", "no", name=op.f("pk_manifest_version")),
    )
    op.create_table(
        "manifest_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("leg", sa.SmallInteger(), nullable=True),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "approver IN ('sender', 'carrier', 'receiver')", name=op.f("ck_manifest_correction_approver")
        ),
        sa.CheckConstraint(
            "part IN ('sender', 'carrier', 'receiver')", name=op.f("ck_manifest_correction_part")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'approved', 'rejected')", name=op.f("ck_manifest_correction_status")
        ),
        sa.CheckConstraint("part <> approver", name=op.f("ck_manifest_correction_another_approves")),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_correction_manifest_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_correction")),
    )
    op.create_index(
        op.f("ix_manifest_correction_manifest_id"), "manifest_correction", ["manifest_id"], unique=False
    )
    op.create_index(
        "ix_manifest_correction_open",
        "manifest_correction",
        ["manifest_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "manifest_mismatch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("expected", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("beyond_tolerance", sa.Boolean(), nullable=False),
        sa.Column("significant", sa.Boolean(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=True),
        sa.Column("explained_by", sa.Uuid(), nullable=True),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('weight', 'packages', 'kind')", name=op.f("ck_manifest_mismatch_kind")),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_mismatch_manifest_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_mismatch")),
    )
    op.create_index(
        op.f("ix_manifest_mismatch_manifest_id"), "manifest_mismatch", ["manifest_id"], unique=False
    )
    op.create_table(
        "manifest_outcome",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("quantity_kg", sa.BigInteger(), nullable=False),
        sa.Column("product", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity_kg > 0", name=op.f("ck_manifest_outcome_quantity")),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_outcome_manifest_id")
        ),
        sa.ForeignKeyConstraint(
            ["operation"], ["treatment.code"], name=op.f("fk_manifest_outcome_operation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_outcome")),
    )
    op.create_index(
        op.f("ix_manifest_outcome_manifest_id"), "manifest_outcome", ["manifest_id"], unique=False
    )
    op.create_table(
        "manifest_deadline",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("reminded_days", sa.SmallInteger(), nullable=True),
        sa.Column("escalated_days", sa.SmallInteger(), nullable=True),
        sa.Column("recorded_days", sa.SmallInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("mark IN ('T', 'S', 'O')", name=op.f("ck_manifest_deadline_mark")),
        sa.CheckConstraint(
            "step IN ('schedule', 'pickup', 'deliver', 'receive', 'close', 'explain', 'follow', 'outcome')",
            name=op.f("ck_manifest_deadline_step"),
        ),
        sa.CheckConstraint(
            "reminded_days > 0 AND escalated_days > reminded_days AND recorded_days > escalated_days",
            name=op.f("ck_manifest_deadline_one_after_the_other"),
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_manifest_deadline_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest_deadline")),
    )
    op.create_table(
        "weight_tolerance",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("packing", sa.String(), nullable=True),
        sa.Column("per_mille", sa.SmallInteger(), nullable=False),
        sa.Column("least_kg", sa.Integer(), nullable=False),
        sa.Column("significant_per_mille", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("least_kg >= 0", name=op.f("ck_weight_tolerance_least")),
        sa.CheckConstraint("per_mille BETWEEN 0 AND 1000", name=op.f("ck_weight_tolerance_per_mille")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_weight_tolerance_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weight_tolerance")),
    )
    op.create_table(
        "manifest_delay",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "stage IN ('reminded', 'escalated', 'recorded')", name=op.f("ck_manifest_delay_stage")
        ),
        sa.CheckConstraint(
            "step IN ('schedule', 'pickup', 'deliver', 'receive', 'close', 'explain', 'follow', 'outcome')",
            name=op.f("ck_manifest_delay_step"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_manifest_delay_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_delay_manifest_id")),
        sa.PrimaryKeyConstraint("manifest_id", "step", "since", "stage", name=op.f("pk_manifest_delay")),
    )
    op.bulk_insert(
        sa.table(
            "manifest_deadline",
            *map(
                sa.column,
                (
                    "step",
                    "working",
                    "reminded_days",
                    "escalated_days",
                    "recorded_days",
                    "mark",
                    "source",
                    "valid_from",
                ),
            ),
        ),
        [
            dict(
                zip(
                    ("step", "working", "reminded_days", "escalated_days", "recorded_days", "mark", "source"),
                    row,
                    strict=True,
                ),
                valid_from=SINCE,
            )
            for row in DEADLINES
        ],
    )
    op.bulk_insert(
        sa.table(
            "weight_tolerance",
            *map(
                sa.column,
                ("form", "packing", "per_mille", "least_kg", "significant_per_mille", "valid_from", "source"),
            ),
        ),
        [
            {
                "form": form,
                "packing": packing,
                "per_mille": per_mille,
                "least_kg": 20,
                "significant_per_mille": 100,
                "valid_from": SINCE,
                "source": OURS,
            }
            for form, packing, per_mille in TOLERANCES
        ],
    )


def downgrade() -> None:
    op.drop_table("manifest_delay")
    op.drop_table("weight_tolerance")
    op.drop_table("manifest_deadline")
    op.drop_table("manifest_outcome")
    op.drop_table("manifest_mismatch")
    op.drop_table("manifest_correction")
    op.drop_table("manifest_version")
    op.drop_table("manifest_serial")
    op.drop_table("manifest_leg")
    op.drop_table("manifest_line")
    op.drop_table("manifest")
