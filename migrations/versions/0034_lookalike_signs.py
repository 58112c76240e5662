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
    """The version before compares whatever forms there are; it wants the names of keys in waiting reminders."""
    op.execute(
        "UPDATE task SET payload = jsonb_set(payload, '{keys}', (SELECT jsonb_agg(key || jsonb_build_object("
        "'name', COALESCE(key ->> 'name', api_key.name, '')) ORDER BY place)"
        " FROM jsonb_array_elements(payload -> 'keys') WITH ORDINALITY AS told (key, place)"
        " LEFT JOIN api_key ON api_key.id = (key ->> 'key_id')::uuid))"
        " WHERE subscriber = 'notifications.jobs.plan_keys_expiring' AND status <> 'done'"
    )
