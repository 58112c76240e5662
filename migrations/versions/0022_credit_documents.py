"""Credit events name their document, days and legal basis, are entered once, and can be withdrawn.

Entries from before keep what they say. Of those that a constraint would now call the same (same enterprise,
rule and day), the first counts as the entry and the others as repeatable, since nobody was asked then.

Revision ID: 0022
Revises: 0021
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COLUMNS = (
    ("document", sa.String()),
    ("document_key", sa.String()),
    ("authority", sa.String()),
    ("acted_on", sa.Date()),
    ("decided_on", sa.Date()),
    ("served_on", sa.Date()),
    ("basis", sa.String()),
    ("amount_fen", sa.BigInteger()),
    ("withdraws", sa.Uuid()),
)
CHECKS = (
    ("status", "status IN ('recorded', 'withdrawn', 'compensation')"),
    ("compensates_one", "(status = 'compensation') = (withdraws IS NOT NULL)"),
    ("amount", "amount_fen >= 0"),
    ("order_of_days", "acted_on <= decided_on AND decided_on <= served_on"),
)
BASES = {
    "law.penalty_minor": "eco-code-54",
    "law.penalty_major": "eco-code-54",
    "law.illegal_dumping": "eco-code-475",
    "manifest.late_close": "transfer-measures-2021",
    "manifest.forged": "eco-code-536",
    "reporting.late": "eco-code-532",
    "reporting.untrue": "eco-code-532",
    "site.defect": "eco-code-533",
    "incident.complaint": "eco-code-54",
    "incident.accident": "eco-code-540",
}
"""What each rule of the first table is based on; the others are the platform's own."""


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("credit_event", sa.Column(name, kind, nullable=True))
    op.add_column(
        "credit_event", sa.Column("is_repeatable", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.add_column(
        "credit_event", sa.Column("status", sa.String(), nullable=False, server_default=sa.text("'recorded'"))
    )
    for name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_credit_event_{name}"), "credit_event", condition)
    op.create_foreign_key(
        op.f("fk_credit_event_withdraws"), "credit_event", "credit_event", ["withdraws"], ["id"]
    )
    op.create_unique_constraint(op.f("uq_credit_event_withdraws"), "credit_event", ["withdraws"])
    op.execute(
        """
        UPDATE credit_event SET is_repeatable = false FROM (
            SELECT DISTINCT ON (enterprise_id, rule, effective_on) id FROM credit_event
            WHERE points_milli <= 0 ORDER BY enterprise_id, rule, effective_on, id
        ) first WHERE credit_event.id = first.id
        """
    )
    op.create_index(
        "ix_credit_event_document",
        "credit_event",
        ["document_key"],
        unique=True,
        postgresql_where=sa.text("status = 'recorded'"),
    )
    op.create_index(
        "ix_credit_event_rule_and_day",
        "credit_event",
        ["enterprise_id", "rule", "effective_on"],
        unique=True,
        postgresql_where=sa.text("status = 'recorded' AND document_key IS NULL AND NOT is_repeatable"),
    )
    _say_the_bases_of_rules()


def _say_the_bases_of_rules() -> None:
    """Add the legal basis to the rules in force that say none; points and titles stay as they are."""
    bind = op.get_bind()
    row = bind.execute(
        sa.text("SELECT version, rules FROM credit_rule_table ORDER BY version DESC LIMIT 1")
    ).one()
    rules = [{**rule, "basis": rule.get("basis") or BASES.get(rule["code"])} for rule in row.rules]
    bind.execute(
        sa.text("UPDATE credit_rule_table SET rules = CAST(:rules AS jsonb) WHERE version = :version"),
        {"rules": json.dumps(rules, ensure_ascii=False), "version": row.version},
    )


def downgrade() -> None:
    """Withdrawn entries and what compensates them go with the columns that tell them apart."""
    op.execute("UPDATE credit_block SET event_id = NULL FROM credit_event"
               " WHERE credit_block.event_id = credit_event.id AND credit_event.status <> 'recorded'")
    op.execute("DELETE FROM credit_event WHERE status = 'compensation'")
    op.execute("DELETE FROM credit_event WHERE status = 'withdrawn'")
    op.execute(
        "UPDATE credit_rule_table SET rules = (SELECT jsonb_agg(rule - 'basis' - 'valid_from' - 'valid_until'"
        " - 'repeatable' ORDER BY place) FROM jsonb_array_elements(rules) WITH ORDINALITY AS r(rule, place))"
    )
    op.drop_index("ix_credit_event_rule_and_day", "credit_event")
    op.drop_index("ix_credit_event_document", "credit_event")
    op.drop_constraint(op.f("uq_credit_event_withdraws"), "credit_event")
    op.drop_constraint(op.f("fk_credit_event_withdraws"), "credit_event")
    for name, _ in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_credit_event_{name}"), "credit_event")
    for name in ("status", "is_repeatable", *(name for name, _ in reversed(COLUMNS))):
        op.drop_column("credit_event", name)
