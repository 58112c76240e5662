"""Names are compared anew by how they look: signs that look like letters count, decoration does not.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

from marketplace.lookalikes import skeleton

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT id, name FROM enterprise")).all()
    skeletons = [{"id": row.id, "skeleton": skeleton(row.name)} for row in names]
    if skeletons:
        update = "UPDATE enterprise SET name_skeleton = :skeleton WHERE id = :id"
        connection.execute(sa.text(update), skeletons)


def downgrade() -> None:
    """Nothing: the version before compares whatever stands there."""
