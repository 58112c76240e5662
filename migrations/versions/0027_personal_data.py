"""Enterprises keep the version of the privacy notice they were given, and when their contact was erased.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enterprise", sa.Column("privacy_notice", sa.SmallInteger()))
    op.add_column("enterprise", sa.Column("contact_erased_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("enterprise", "contact_erased_at")
    op.drop_column("enterprise", "privacy_notice")
