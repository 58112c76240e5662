"""Who answered an item of an inspection, and by that who may not decide about the entry that comes of it.

Revision ID: 0081
Revises: 0080
"""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

OWN_DECISION = """
    CREATE OR REPLACE FUNCTION refuse_own_decision() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        officer CONSTANT uuid := to_jsonb(NEW) ->> TG_ARGV[0];
        event CONSTANT uuid := to_jsonb(NEW) ->> TG_ARGV[1];
    BEGIN
        IF EXISTS(SELECT FROM credit_event WHERE id = event AND {is_work_of_officer}) THEN
            RAISE EXCEPTION 'whoever recorded a credit event may not take it back or decide about it'
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = format('ck_%s_second_officer', TG_TABLE_NAME);
        END IF;
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    op.add_column("inspection_answer", sa.Column("answered_by", sa.Uuid(), nullable=True))
    op.add_column(
        "credit_event",
        sa.Column("found_by", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
    )
    is_work_of_officer = "(recorded_by = officer OR officer = ANY(found_by))"
    op.execute(OWN_DECISION.format(is_work_of_officer=is_work_of_officer))


def downgrade() -> None:
    op.execute(OWN_DECISION.format(is_work_of_officer="recorded_by = officer"))
    op.drop_column("credit_event", "found_by")
    op.drop_column("inspection_answer", "answered_by")
