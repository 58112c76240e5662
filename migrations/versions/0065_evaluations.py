"""Evaluations have previews with frozen inputs; jobs that make them, reminders before they end.

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

EVALUATION = "credit_evaluation"
ADDED = {
    "job_id": sa.Uuid(),
    "inputs": JSONB(),
    "inputs_sha256": sa.String(length=64),
    "score_milli": sa.Integer(),
    "grade": sa.String(),
    "axes": JSONB(),
    "provisional": sa.Boolean(),
    "missing": JSONB(),
}
CHECKS = {
    "grade": "grade IN ('A', 'B', 'C', 'D', 'E')",
    "published_has_an_end": "(published_on IS NULL) = (valid_until IS NULL)",
    "preview_is_frozen": "published_on IS NOT NULL OR inputs IS NOT NULL",
    "inputs_have_a_digest": "(inputs IS NULL) = (inputs_sha256 IS NULL)",
    "inputs_sha256": "inputs_sha256 ~ '^[0-9a-f]{64}$'",
}


def upgrade() -> None:
    for name, kind in ADDED.items():
        op.add_column(EVALUATION, sa.Column(name, kind, nullable=True))
    for name in ("published_on", "valid_until"):
        op.alter_column(EVALUATION, name, existing_type=sa.Date(), nullable=True)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{EVALUATION}_{name}"), EVALUATION, condition)
    op.create_unique_constraint(
        op.f(f"uq_{EVALUATION}_job_id_enterprise_id"), EVALUATION, ["job_id", "enterprise_id"]
    )
    op.create_index(
        f"ix_{EVALUATION}_preview",
        EVALUATION,
        ["created_at"],
        postgresql_where=sa.text("published_on IS NULL"),
    )
    _refuse_changes()
    _create_jobs()
    op.create_table(
        "evaluation_reminder",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_evaluation_reminder_days")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["credit_evaluation.id"], name=op.f("fk_evaluation_reminder_evaluation_id")
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "days", name=op.f("pk_evaluation_reminder")),
    )


def _refuse_changes() -> None:
    """An evaluation is frozen: a preview is published once or deleted, and nothing else ever happens."""
    op.execute("""
        CREATE FUNCTION refuse_evaluation_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            publication CONSTANT text[] := ARRAY['published_on', 'valid_until'];
        BEGIN
            IF OLD.published_on IS NULL AND TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            IF OLD.published_on IS NULL AND TG_OP = 'UPDATE' AND NEW.published_on IS NOT NULL
                AND to_jsonb(NEW) - publication = to_jsonb(OLD) - publication THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'an evaluation is frozen: a preview is published once or deleted'
                USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute(f"""
        CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON {EVALUATION}
        FOR EACH ROW EXECUTE FUNCTION refuse_evaluation_change()
    """)
    op.execute(f"""
        CREATE TRIGGER not_emptied BEFORE TRUNCATE ON {EVALUATION}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()
    """)


def _create_jobs() -> None:
    op.create_table(
        "evaluation_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("region", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'done')", name=op.f("ck_evaluation_job_status")),
        sa.CheckConstraint("num_nonnulls(enterprise_id, region) = 1", name=op.f("ck_evaluation_job_scope")),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_evaluation_job_done")),
        sa.CheckConstraint(
            "(status = 'done') = (ended_at IS NOT NULL)", name=op.f("ck_evaluation_job_ended")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_evaluation_job_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["region"], ["region.adcode"], name=op.f("fk_evaluation_job_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_job")),
    )


def downgrade() -> None:
    op.drop_table("evaluation_reminder")
    op.drop_table("evaluation_job")
    for trigger in ("not_emptied", "frozen"):
        op.execute(f"DROP TRIGGER {trigger} ON {EVALUATION}")
    op.execute("DROP FUNCTION refuse_evaluation_change()")
    op.execute(f"DELETE FROM {EVALUATION} WHERE published_on IS NULL")
    op.drop_index(f"ix_{EVALUATION}_preview", table_name=EVALUATION)
    op.drop_constraint(op.f(f"uq_{EVALUATION}_job_id_enterprise_id"), EVALUATION)
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_{EVALUATION}_{name}"), EVALUATION)
    for name in ("published_on", "valid_until"):
        op.alter_column(EVALUATION, name, existing_type=sa.Date(), nullable=False)
    for name in ADDED:
        op.drop_column(EVALUATION, name)
