"""Form and packaging hold words of the API only; those of earlier demo cities are translated.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TRANSLATED = (
    ("form", "slurry", "sludge"),
    ("packaging", "ton_bag", "bag"),
    ("packaging", "crate", "box"),
    ("packaging", "bale", "pallet"),
    ("packaging", "silo", "tank"),
)
CHECKS = (
    ("form", "form IN ('solid', 'liquid', 'sludge', 'gas', 'powder', 'mixed')"),
    (
        "packaging",
        "packaging IN ('bulk', 'tank', 'drum', 'bag', 'box', 'pallet', 'container', 'other')",
    ),
)


def upgrade() -> None:
    for column, word, ours in TRANSLATED:
        op.execute(f"UPDATE listing SET {column} = '{ours}' WHERE {column} = '{word}'")
    op.execute("UPDATE listing SET form = NULL WHERE NOT (" + CHECKS[0][1] + ")")
    op.execute("UPDATE listing SET packaging = 'other' WHERE NOT (" + CHECKS[1][1] + ")")
    for column, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_listing_{column}"), "listing", condition)


def downgrade() -> None:
    for column, _ in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_listing_{column}"), "listing", type_="check")
