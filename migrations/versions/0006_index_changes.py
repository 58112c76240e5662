"""Note every change that the matching index must follow

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

HOLDER = "SELECT 'permits', e.no FROM enterprise e WHERE e.id IN (SELECT {column} FROM {{rows}})"
CATALOGUE = "(SELECT 'catalogue', 0 FROM {rows} LIMIT 1)"
TOLD_BY_ROWS = {
    "listing": "SELECT 'listing', no FROM {rows} WHERE status = 'open'",
    "listing_accept": """
        SELECT 'listing', l.no FROM listing l
        WHERE l.status = 'open' AND l.id IN (SELECT listing_id FROM {rows})""",
    "licence": HOLDER.format(column="enterprise_id"),
    "licence_line": """
        SELECT 'permits', e.no FROM enterprise e JOIN licence p ON p.enterprise_id = e.id
        WHERE p.id IN (SELECT licence_id FROM {rows})""",
    "channel": HOLDER.format(column="receiver_id"),
    "white_list": HOLDER.format(column="receiver_id"),
    "verified_exemption": HOLDER.format(column="enterprise_id"),
    "tonnes_used": """
        SELECT 'permits', e.no FROM enterprise e WHERE e.id IN (
            SELECT p.enterprise_id FROM {rows} u JOIN licence_line l ON l.id = u.line_id
            JOIN licence p ON p.id = l.licence_id
            UNION SELECT c.receiver_id FROM {rows} u JOIN channel c ON c.id = u.channel_id)""",
    "waste_code": CATALOGUE,
    "crosswalk": CATALOGUE,
    "exemption_item": CATALOGUE,
}
STANDING = "credit_milli, {it}.grade, {it}.blocked, {it}.status, {it}.small_generator"
PAPERS = "roles, {it}.partner_id"
OF_ENTERPRISES = """
    SELECT '{what}', is_now.no FROM is_now JOIN was USING (id)
    WHERE (is_now.{new}) IS DISTINCT FROM (was.{old})
"""
NOTE = "INSERT INTO index_change (what, no)"


def upgrade() -> None:
    op.create_table(
        "index_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column(
            "xact",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_index_change"),
        sa.CheckConstraint(
            "what IN ('listing', 'enterprise', 'permits', 'catalogue', 'all', 'forgotten')",
            name="ck_index_change_what",
        ),
    )
    op.create_index("ix_index_change_xact", "index_change", ["xact"])
    gathers = sa.text("partner_id IS NOT NULL")
    op.create_index("ix_enterprise_partner_id", "enterprise", ["partner_id"], postgresql_where=gathers)
    for table, told in TOLD_BY_ROWS.items():
        _watch(table, told.format(rows="was"), told.format(rows="is_now"))
    _watch_enterprises()


def _watch(table: str, was: str, is_now: str) -> None:
    op.execute(f"""
        CREATE FUNCTION note_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {NOTE} {is_now};
            ELSIF TG_OP = 'DELETE' THEN {NOTE} {was};
            ELSIF TG_OP = 'UPDATE' THEN {NOTE} {was} UNION {is_now};
            ELSE {NOTE} VALUES ('all', 0);
            END IF;
            RETURN NULL;
        END $$
    """)
    for action, rows in {
        "INSERT": "REFERENCING NEW TABLE AS is_now",
        "DELETE": "REFERENCING OLD TABLE AS was",
        "UPDATE": "REFERENCING OLD TABLE AS was NEW TABLE AS is_now",
        "TRUNCATE": "",
    }.items():
        op.execute(f"""
            CREATE TRIGGER note_{action.lower()} AFTER {action} ON {table} {rows}
            FOR EACH STATEMENT EXECUTE FUNCTION note_{table}()
        """)


def _watch_enterprises() -> None:
    changed = " UNION ".join(
        OF_ENTERPRISES.format(what=what, new=names.format(it="is_now"), old=names.format(it="was"))
        for what, names in {"enterprise": STANDING, "permits": PAPERS}.items()
    )
    op.execute(f"""
        CREATE FUNCTION note_enterprise() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {NOTE} {changed};
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER note_update AFTER UPDATE ON enterprise
        REFERENCING OLD TABLE AS was NEW TABLE AS is_now
        FOR EACH STATEMENT EXECUTE FUNCTION note_enterprise()
    """)


def downgrade() -> None:
    for table in (*TOLD_BY_ROWS, "enterprise"):
        op.execute(f"DROP FUNCTION note_{table}() CASCADE")
    op.drop_index("ix_enterprise_partner_id", "enterprise")
    op.drop_table("index_change")
