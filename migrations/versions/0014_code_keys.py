"""Waste codes are found by a key without punctuation, however they are written."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE waste_code ADD COLUMN key varchar;
    UPDATE waste_code SET key = upper(regexp_replace(code, '[^0-9A-Za-z]', '', 'g'));
    ALTER TABLE waste_code ALTER COLUMN key SET NOT NULL;
    CREATE INDEX ix_waste_code_key ON waste_code (key);
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE waste_code DROP COLUMN key")
