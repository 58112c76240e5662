"""The secrets of authenticators are sealed.

Revision ID: 0076
Revises: 0073
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from marketplace import sealing
from marketplace.settings import Settings

revision = "0076"
down_revision = "0074"
branch_labels = None
depends_on = None

PERSON = sa.table("person", sa.column("id", sa.Uuid()), sa.column("totp_secret", sa.String()))


def upgrade() -> None:
    _replace(sealing.seal)


def downgrade() -> None:
    _replace(sealing.unseal)


def _replace(change: Callable[..., str]) -> None:
    """Seal or open each secret with the keys of the environment; without a row none are needed.

    Raises:
        RuntimeError: there are rows and no keys.
    """
    connection = op.get_bind()
    rows = connection.execute(sa.select(PERSON).where(PERSON.c.totp_secret.is_not(None))).all()
    if not rows:
        return
    keys = sealing.parse_keys(Settings.from_environment().secret_keys)
    if not keys:
        raise RuntimeError("set SECRET_KEYS first (docs/log-ins.md): the secrets of authenticators are sealed with it")
    for row in rows:
        changed = change("totp", str(row.id), row.totp_secret, keys)
        connection.execute(sa.update(PERSON).where(PERSON.c.id == row.id).values(totp_secret=changed))
