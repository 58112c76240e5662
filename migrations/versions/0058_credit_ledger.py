"""The ledger of credit: sealed entries, heads of chains, daily anchors; the database refuses to change them.

No entry is written here: the keys are not for whoever owns the tables. `flask credit ledger-begin`, or the
scheduler by itself, seals the rows that exist.

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

KEPT = ("credit_ledger", "credit_ledger_anchor")


def upgrade() -> None:
    op.create_table(
        "credit_ledger",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.CheckConstraint("no > 0", name=op.f("ck_credit_ledger_counted_from_one")),
        sa.PrimaryKeyConstraint("enterprise_id", "no", name=op.f("pk_credit_ledger")),
    )
    op.create_table(
        "credit_ledger_head",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("anchored", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", name=op.f("pk_credit_ledger_head")),
    )
    op.create_table(
        "credit_ledger_anchor",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("enterprises", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=True),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_credit_ledger_anchor")),
        sa.UniqueConstraint("day", name=op.f("uq_credit_ledger_anchor_day")),
    )
    _refuse_changes()
    _refuse_shrinking()


def _refuse_changes() -> None:
    """Nobody changes, deletes or empties what is kept, whatever rights the role has."""
    op.execute("""
        CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    for table in KEPT:
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()
        """)


def _refuse_shrinking() -> None:
    """A chain only grows: its head is never deleted, and never counts fewer."""
    op.execute("""
        CREATE FUNCTION refuse_shorter_chain() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.count < OLD.count OR NEW.enterprise_id <> OLD.enterprise_id THEN
                RAISE EXCEPTION 'a chain of the ledger only grows' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER only_grows BEFORE UPDATE ON credit_ledger_head
        FOR EACH ROW EXECUTE FUNCTION refuse_shorter_chain()
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON credit_ledger_head
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()
    """)


def downgrade() -> None:
    for table in ("credit_ledger_anchor", "credit_ledger_head", "credit_ledger"):
        op.drop_table(table)
    for function in ("refuse_shorter_chain", "refuse_ledger_change"):
        op.execute(f"DROP FUNCTION {function}()")
