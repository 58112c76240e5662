"""Task names follow the functions that were renamed, so that open tasks of the last version still run.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TASKS: dict[str, str] = {}
"""Name of a task in the last version -> its name now."""


def upgrade() -> None:
    for old, new in TASKS.items():
        _rename(old, new)


def downgrade() -> None:
    for old, new in TASKS.items():
        _rename(new, old)


def _rename(before: str, after: str) -> None:
    statement = sa.text("UPDATE task SET subscriber = :after WHERE subscriber = :before AND status <> 'done'")
    op.execute(statement.bindparams(before=before, after=after))
