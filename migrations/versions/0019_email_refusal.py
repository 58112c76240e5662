"""An enterprise knows that a mail relay refuses its contact's address for good.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enterprise", sa.Column("email_refusal", sa.String()))
    op.add_column("enterprise", sa.Column("email_refused_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("enterprise", "email_refused_at")
    op.drop_column("enterprise", "email_refusal")
