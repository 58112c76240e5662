"""Search of listings

Revision: 0004
After: 0003
"""

from alembic import op

revision = '0004'
down_revision = '0003'

FUNCTIONS = (
    """
    CREATE FUNCTION fold_text(body text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(normalize(body, NFKC))
    """,
    # Every piece of one and two characters; of a word asked for, the longest pieces do: shortest = 2.
    """
    CREATE FUNCTION text_grams(body text, shortest integer) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000
    RETURN ARRAY(
        SELECT DISTINCT substr(body, start, width)
        FROM generate_series(1, length(body)) AS start, generate_series(shortest, 2) AS width
        WHERE start + width <= length(body) + 1
    )
    """,
    # On the unit sphere: a chord's length orders places as the great circle does.
    """
    CREATE FUNCTION unit_place(lon double precision, lat double precision) RETURNS cube
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN cube(ARRAY[
        cos(radians(lat)) * cos(radians(lon)), cos(radians(lat)) * sin(radians(lon)), sin(radians(lat))
    ])
    """,
    """
    CREATE FUNCTION coarse_place(lon double precision, lat double precision) RETURNS cube
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN unit_place(round(lon * 100) / 100, round(lat * 100) / 100)
    """,
)
SEARCHED = (
    "enterprise_id, kind, status, title, code_id, price_fen, region, lon, lat, remaining_kg, available_from,"
    " available_until"
)
INDEXES = {
    "ix_listing_words": "USING gin (text_grams(fold_text(title), 1)) WITH (fastupdate = off)",
    "ix_listing_place": f"USING gist (coarse_place(lon, lat)) INCLUDE (id, {SEARCHED})",
    "ix_listing_cheapest": f"(coalesce(price_fen, 1000000000), id) INCLUDE ({SEARCHED})",
    "ix_listing_dearest": f"(coalesce(price_fen, -1000000000), id) INCLUDE ({SEARCHED})",
    "ix_listing_remaining": "(remaining_kg)",
    "ix_listing_from": "(available_from)",
    "ix_listing_until": "(available_until)",
    "ix_listing_code": "(code_id, id)",
    "ix_listing_status": "(status, kind)",
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS cube")
    for function in FUNCTIONS:
        op.execute(function)
    for name, what in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON listing {what}")
    op.execute("CREATE INDEX ix_enterprise_unapproved ON enterprise (id) WHERE status <> 'approved'")
    op.execute("CREATE INDEX ix_enterprise_grade ON enterprise (grade)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_enterprise_grade, ix_enterprise_unapproved")
    op.execute(f"DROP INDEX {', '.join(INDEXES)}")
    op.execute("DROP FUNCTION coarse_place, unit_place, text_grams, fold_text")
    op.execute("DROP EXTENSION cube")
