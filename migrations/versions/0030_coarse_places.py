"""What is kept for others to infer from follows from rounded places: of the recorded outcomes, from which the
learned order ranks for everybody, the place; of finished plans the distance, to one digit.

`km` and `score` of an outcome stay as they were recorded: they reach nobody but as the average of thousands.
What is rounded cannot be restored, so the way back changes nothing.

Revision ID: 0030
Revises: 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE pairing_outcome SET lat = round(lat * 100) / 100 + 0.0, lon = round(lon * 100) / 100 + 0.0"
        " WHERE lat <> round(lat * 100) / 100 OR lon <> round(lon * 100) / 100"
    )
    op.execute("UPDATE allocation_placement SET distance_km = round(distance_km::numeric, 1)")


def downgrade() -> None:
    pass
