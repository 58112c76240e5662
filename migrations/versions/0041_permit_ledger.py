"""The permit ledger: entries in place of counted tonnes, and a balance by capacity and calendar year.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ROWS = """
    SELECT 'line' AS kind, id, coalesce(capacity_no, no) AS capacity, kg_per_year, code_id FROM licence_line
    UNION ALL
    SELECT 'channel', id, coalesce(capacity_no, no), kg_per_year, code_id FROM channel
"""
COUNTED = f"""
    INSERT INTO permit_use (permit_kind, permit_id, capacity_no, code_id, year, kind, kg, note, at)
    SELECT r.kind, r.id, r.capacity, r.code_id, u.year, 'used', u.kg, u.note, u.at
    FROM tonnes_used u JOIN ({ROWS}) r ON r.id = coalesce(u.line_id, u.channel_id) ORDER BY u.id
"""
BALANCES = f"""
    INSERT INTO permit_year (permit_kind, capacity_no, year, allowed_kg, used_kg, over_kg)
    SELECT kind, capacity, year, allowed, least(kg, allowed), greatest(kg - allowed, 0)
    FROM (SELECT permit_kind AS kind, capacity_no AS capacity, year, sum(kg)::bigint AS kg FROM permit_use
          GROUP BY 1, 2, 3) used
    JOIN (SELECT kind, capacity, max(kg_per_year) AS allowed FROM ({ROWS}) r GROUP BY 1, 2) permit
    USING (kind, capacity)
"""
OVER = f"""
    INSERT INTO permit_use (permit_kind, permit_id, capacity_no, code_id, year, kind, kg, at)
    SELECT b.permit_kind, r.id, b.capacity_no, r.code_id, b.year, entry.kind, b.over_kg * entry.sign, now()
    FROM permit_year b
    JOIN (SELECT DISTINCT ON (kind, capacity) * FROM ({ROWS}) rows ORDER BY kind, capacity, id) r
      ON r.kind = b.permit_kind AND r.capacity = b.capacity_no
    CROSS JOIN (VALUES ('used', -1), ('over', 1)) AS entry (kind, sign)
    WHERE b.over_kg > 0
"""
"""What was counted beyond the permit: its entries said so of none."""
COUNTED_AGAIN = """
    INSERT INTO tonnes_used (line_id, channel_id, year, kg, note, at)
    SELECT CASE permit_kind WHEN 'line' THEN permit_id END,
           CASE permit_kind WHEN 'channel' THEN permit_id END, year, kg, note, at
    FROM permit_use WHERE kind IN ('used', 'over') AND permit_kind IN ('line', 'channel') ORDER BY id
"""
HOLDERS = """
    SELECT 'permits', e.no FROM enterprise e WHERE e.id IN (
        SELECT p.enterprise_id FROM {rows} b JOIN licence_line l ON l.no = b.capacity_no
        JOIN licence p ON p.id = l.licence_id WHERE b.permit_kind = 'line'
        UNION SELECT c.receiver_id FROM {rows} b JOIN channel c ON c.no = b.capacity_no
        WHERE b.permit_kind = 'channel')"""
"""A capacity has the number of one of its rows, and all of them have one holder."""
HOLDERS_BEFORE = """
    SELECT 'permits', e.no FROM enterprise e WHERE e.id IN (
        SELECT p.enterprise_id FROM {rows} u JOIN licence_line l ON l.id = u.line_id
        JOIN licence p ON p.id = l.licence_id
        UNION SELECT c.receiver_id FROM {rows} u JOIN channel c ON c.id = u.channel_id)"""
ROWS_OF = {
    "INSERT": "REFERENCING NEW TABLE AS is_now",
    "DELETE": "REFERENCING OLD TABLE AS was",
    "UPDATE": "REFERENCING OLD TABLE AS was NEW TABLE AS is_now",
    "TRUNCATE": "",
}


def upgrade() -> None:
    op.create_table(
        "permit_use",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("permit_kind", sa.String(), nullable=False),
        sa.Column("permit_id", sa.Uuid(), nullable=False),
        sa.Column("capacity_no", sa.BigInteger(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("manifest_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kg >= 0 OR deal_id IS NULL AND kind IN ('used', 'over')", name=op.f("ck_permit_use_kg")
        ),
        sa.CheckConstraint(
            "kind IN ('reserved', 'released', 'used', 'over')", name=op.f("ck_permit_use_kind")
        ),
        sa.CheckConstraint(
            "permit_kind IN ('line', 'channel', 'approval')", name=op.f("ck_permit_use_permit_kind")
        ),
        sa.ForeignKeyConstraint(["code_id"], ["waste_code.id"], name=op.f("fk_permit_use_code_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit_use")),
    )
    op.create_index(
        "ix_permit_use_deal",
        "permit_use",
        ["deal_id"],
        unique=False,
        postgresql_where=sa.text("deal_id IS NOT NULL"),
    )
    op.create_index("ix_permit_use_permit", "permit_use", ["permit_kind", "permit_id", "year"], unique=False)
    op.create_table(
        "permit_year",
        sa.Column("permit_kind", sa.String(), nullable=False),
        sa.Column("capacity_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("allowed_kg", sa.BigInteger(), nullable=False),
        sa.Column("reserved_kg", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used_kg", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("over_kg", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "permit_kind IN ('line', 'channel', 'approval')", name=op.f("ck_permit_year_permit_kind")
        ),
        sa.CheckConstraint("reserved_kg + used_kg <= allowed_kg", name=op.f("ck_permit_year_within_permit")),
        sa.CheckConstraint(
            "reserved_kg >= 0 AND used_kg >= 0 AND over_kg >= 0", name=op.f("ck_permit_year_not_negative")
        ),
        sa.PrimaryKeyConstraint("permit_kind", "capacity_no", "year", name=op.f("pk_permit_year")),
    )
    op.execute(COUNTED)
    op.execute(BALANCES)
    op.execute(OVER)
    op.drop_table("tonnes_used")
    op.execute("DROP FUNCTION note_tonnes_used()")
    _watch("permit_year", HOLDERS)


def _watch(table: str, holders: str) -> None:
    """Note whose permits a statement changed for the matching index, as migration 0006 does."""
    was, is_now = holders.format(rows="was"), holders.format(rows="is_now")
    op.execute(f"""
        CREATE FUNCTION note_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN INSERT INTO index_change (what, no) {is_now};
            ELSIF TG_OP = 'DELETE' THEN INSERT INTO index_change (what, no) {was};
            ELSIF TG_OP = 'UPDATE' THEN INSERT INTO index_change (what, no) {was} UNION {is_now};
            ELSE INSERT INTO index_change (what, no) VALUES ('all', 0);
            END IF;
            RETURN NULL;
        END $$
    """)
    for action, rows in ROWS_OF.items():
        op.execute(f"""
            CREATE TRIGGER note_{action.lower()} AFTER {action} ON {table} {rows}
            FOR EACH STATEMENT EXECUTE FUNCTION note_{table}()
        """)


def downgrade() -> None:
    op.create_table(
        "tonnes_used",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(line_id, channel_id) = 1", name="ck_tonnes_used_one_permit"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name="fk_tonnes_used_channel_id"),
        sa.ForeignKeyConstraint(["line_id"], ["licence_line.id"], name="fk_tonnes_used_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tonnes_used"),
    )
    op.create_index("ix_tonnes_used_channel", "tonnes_used", ["channel_id", "year"])
    op.create_index("ix_tonnes_used_line", "tonnes_used", ["line_id", "year"])
    op.execute(COUNTED_AGAIN)
    op.drop_table("permit_year")
    op.drop_table("permit_use")
    op.execute("DROP FUNCTION note_permit_year()")
    _watch("tonnes_used", HOLDERS_BEFORE)
