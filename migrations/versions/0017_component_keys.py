"""Components are compared by one key for all their names and spellings, and in one unit of a kind.

Rows that were written before get what is compared beside what their owner wrote; that stays as it is.

Revision ID: 0017
Revises: 0016
"""

import json

import sqlalchemy as sa
from alembic import op

from marketplace.catalogue.service.components.ranges import COMPARED, with_key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
COLUMNS = ("composition", "requires")
NEXT = sa.text(
    "SELECT no, composition, requires FROM listing"
    " WHERE no > :after AND (composition <> '[]' OR requires <> '[]') ORDER BY no LIMIT :most"
)
UPDATE = sa.text(
    "UPDATE listing SET composition = CAST(:composition AS jsonb), requires = CAST(:requires AS jsonb)"
    " WHERE no = :no"
)


def upgrade() -> None:
    _rewrite(with_key)


def downgrade() -> None:
    _rewrite(lambda component: {name: component[name] for name in component if name not in COMPARED})


def _rewrite(change) -> None:
    connection = op.get_bind()
    after = 0
    while rows := connection.execute(NEXT, {"after": after, "most": ROWS_AT_ONCE}).all():
        connection.execute(
            UPDATE,
            [
                {
                    "no": row.no,
                    **{name: json.dumps([change(one) for one in getattr(row, name)]) for name in COLUMNS},
                }
                for row in rows
            ],
        )
        after = rows[-1].no
