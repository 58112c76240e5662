"""Have the matching index follow what is left of transfer approvals

Revision ID: 0048
Revises: 0047
"""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

BEFORE = """
    SELECT 'permits', e.no FROM enterprise e WHERE e.id IN (
        SELECT p.enterprise_id FROM {rows} b JOIN licence_line l ON l.no = b.capacity_no
        JOIN licence p ON p.id = l.licence_id WHERE b.permit_kind = 'line'
        UNION SELECT c.receiver_id FROM {rows} b JOIN channel c ON c.no = b.capacity_no
        WHERE b.permit_kind = 'channel'"""
APPROVALS = """
        UNION SELECT a.receiver_id FROM {rows} b JOIN transfer_approval a ON a.no = b.capacity_no
        WHERE b.permit_kind = 'approval'"""


def upgrade() -> None:
    _note_balances(BEFORE + APPROVALS + ")")


def downgrade() -> None:
    _note_balances(BEFORE + ")")


def _note_balances(holders: str) -> None:
    """Replace what the triggers of `permit_year` (0041) note: whose permits a statement changed."""
    was, is_now = holders.format(rows="was"), holders.format(rows="is_now")
    op.execute(f"""
        CREATE OR REPLACE FUNCTION note_permit_year() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN INSERT INTO index_change (what, no) {is_now};
            ELSIF TG_OP = 'DELETE' THEN INSERT INTO index_change (what, no) {was};
            ELSIF TG_OP = 'UPDATE' THEN INSERT INTO index_change (what, no) {was} UNION {is_now};
            ELSE INSERT INTO index_change (what, no) VALUES ('all', 0);
            END IF;
            RETURN NULL;
        END $$
    """)
