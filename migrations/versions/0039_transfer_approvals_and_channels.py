"""Transfer approvals; what channels hold, their monthly tests, pauses, files and the book of secondary waste.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

CHANNEL_CHECKS = {
    "ck_channel_status": "status IN ('running', 'paused')",
    "ck_channel_pause_cause": "pause_cause IN ('out_of_bounds', 'test_missing', 'admin')",
    "ck_channel_paused_for_a_cause": (
        "(status = 'paused') = (paused_at IS NOT NULL) AND (status = 'paused') = (pause_cause IS NOT NULL)"
    ),
}
HOLDER = "SELECT 'permits', e.no FROM enterprise e WHERE e.id IN (SELECT receiver_id FROM {rows})"
NOTE = "INSERT INTO index_change (what, no)"


def channel_columns() -> list[sa.Column]:
    """What a channel has besides."""
    return [
        sa.Column("standard", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("pollution_control", sa.String(), nullable=True),
        sa.Column("product_standard", sa.String(), nullable=True),
        sa.Column("product_use", sa.String(), nullable=True),
        sa.Column("status", sa.String(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_cause", sa.String(), nullable=True),
        sa.Column("pause_reason", sa.String(), nullable=True),
        sa.Column("paused_for", sa.Date(), nullable=True),
        sa.Column("tested_from", sa.Date(), nullable=True),
        sa.Column("test_due_on", sa.Date(), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "transfer_approval",
        sa.Column("no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("generator_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("asked_until", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_double", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        ExcludeConstraint(
            (sa.column("number_key"), "="),
            (sa.column("generator_id"), "<>"),
            where=sa.text("revoked_at IS NULL AND NOT is_double AND number_key <> ''"),
            using="gist",
            name="ex_transfer_approval_generator_id",
        ),
        ExcludeConstraint(
            (sa.column("number_key"), "="),
            (sa.column("receiver_id"), "<>"),
            where=sa.text("revoked_at IS NULL AND NOT is_double AND number_key <> ''"),
            using="gist",
            name="ex_transfer_approval_receiver_id",
        ),
        sa.CheckConstraint("way IN ('use', 'dispose', 'store')", name=op.f("ck_transfer_approval_way")),
        sa.CheckConstraint("generator_id <> receiver_id", name=op.f("ck_transfer_approval_two_parties")),
        sa.CheckConstraint("kg > 0", name=op.f("ck_transfer_approval_kg")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_transfer_approval_validity")),
        sa.ForeignKeyConstraint(["code_id"], ["waste_code.id"], name=op.f("fk_transfer_approval_code_id")),
        sa.ForeignKeyConstraint(
            ["generator_id"], ["enterprise.id"], name=op.f("fk_transfer_approval_generator_id")
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["enterprise.id"], name=op.f("fk_transfer_approval_receiver_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_approval")),
        sa.UniqueConstraint("no", name=op.f("uq_transfer_approval_no")),
    )
    op.create_index(op.f("ix_transfer_approval_code_id"), "transfer_approval", ["code_id"], unique=False)
    op.create_index(
        "ix_transfer_approval_document",
        "transfer_approval",
        ["number_key", "generator_id", "receiver_id", "code_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND NOT is_double AND number_key <> ''"),
    )
    op.create_index(
        op.f("ix_transfer_approval_generator_id"), "transfer_approval", ["generator_id"], unique=False
    )
    op.create_index(
        op.f("ix_transfer_approval_receiver_id"), "transfer_approval", ["receiver_id"], unique=False
    )
    op.create_table(
        "channel_test",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("sampled_on", sa.Date(), nullable=False),
        sa.Column("lab", sa.String(), nullable=False),
        sa.Column("cma", sa.String(), nullable=False),
        sa.Column("cnas", sa.String(), nullable=False),
        sa.Column("results", JSONB(), nullable=False),
        sa.Column("out_of_bounds", JSONB(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_test_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_test")),
    )
    op.create_index("ix_channel_test_channel_id", "channel_test", ["channel_id", "sampled_on"], unique=False)
    op.create_table(
        "channel_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("test_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'test') = (test_id IS NOT NULL)", name=op.f("ck_channel_file_of_test")),
        sa.CheckConstraint(
            "kind IN ('expert_review', 'pollution_control', 'product_standard', 'test')",
            name=op.f("ck_channel_file_kind"),
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_file_channel_id")),
        sa.ForeignKeyConstraint(["test_id"], ["channel_test.id"], name=op.f("fk_channel_file_test_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_file")),
    )
    op.create_index(op.f("ix_channel_file_channel_id"), "channel_file", ["channel_id"], unique=False)
    op.create_index(op.f("ix_channel_file_test_id"), "channel_file", ["test_id"], unique=False)
    op.create_table(
        "secondary_waste",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "CASE WHEN corrects_id IS NULL THEN kg > 0 ELSE kg < 0 END", name=op.f("ck_secondary_waste_kg")
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_secondary_waste_channel_id")),
        sa.ForeignKeyConstraint(["code_id"], ["waste_code.id"], name=op.f("fk_secondary_waste_code_id")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["secondary_waste.id"], name=op.f("fk_secondary_waste_corrects_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secondary_waste")),
    )
    op.create_index("ix_secondary_waste_channel_id", "secondary_waste", ["channel_id", "id"], unique=False)
    op.create_index(
        "ix_secondary_waste_corrects_id",
        "secondary_waste",
        ["corrects_id"],
        unique=False,
        postgresql_where=sa.text("corrects_id IS NOT NULL"),
    )
    for column in channel_columns():
        op.add_column("channel", column)
    for name, condition in CHANNEL_CHECKS.items():
        op.create_check_constraint(op.f(name), "channel", condition)
    op.create_index(
        "ix_channel_test_due_on",
        "channel",
        ["test_due_on"],
        unique=False,
        postgresql_where=sa.text("test_due_on IS NOT NULL"),
    )
    _note_changes_of_approvals()


def _note_changes_of_approvals() -> None:
    """The matching index follows approvals as it does other permits of a receiver (0006)."""
    was, is_now = HOLDER.format(rows="was"), HOLDER.format(rows="is_now")
    op.execute(f"""
        CREATE FUNCTION note_transfer_approval() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {NOTE} {is_now};
            ELSIF TG_OP = 'DELETE' THEN {NOTE} {was};
            ELSIF TG_OP = 'UPDATE' THEN {NOTE} {was} UNION {is_now};
            ELSE {NOTE} VALUES ('all', 0);
            END IF;
            RETURN NULL;
        END $$
    """)
    for action, rows in {
        "INSERT": "REFERENCING NEW TABLE AS is_now",
        "DELETE": "REFERENCING OLD TABLE AS was",
        "UPDATE": "REFERENCING OLD TABLE AS was NEW TABLE AS is_now",
        "TRUNCATE": "",
    }.items():
        op.execute(f"""
            CREATE TRIGGER note_{action.lower()} AFTER {action} ON transfer_approval {rows}
            FOR EACH STATEMENT EXECUTE FUNCTION note_transfer_approval()
        """)


def downgrade() -> None:
    op.execute("DROP FUNCTION note_transfer_approval() CASCADE")
    op.drop_index("ix_channel_test_due_on", table_name="channel")
    for name in CHANNEL_CHECKS:
        op.drop_constraint(op.f(name), "channel")
    for column in channel_columns():
        op.drop_column("channel", column.name)
    for table in ("secondary_waste", "channel_file", "channel_test", "transfer_approval"):
        op.drop_table(table)
