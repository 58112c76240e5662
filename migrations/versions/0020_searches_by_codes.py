"""A saved search may ask for several codes, as the catalogue spells them."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = depends_on = None

LIVE = "WHERE notify <> 'off' AND NOT paused"


def upgrade() -> None:
    op.execute(f"""
    DROP INDEX ix_saved_search_wanted;
    ALTER TABLE saved_search ADD COLUMN wanted_codes varchar[];
    UPDATE saved_search SET wanted_codes = ARRAY[coalesce(
        (SELECT code FROM waste_code WHERE key = upper(regexp_replace(wanted_code, '[^0-9A-Za-z]', '', 'g'))
         ORDER BY id LIMIT 1),
        wanted_code
    )];
    ALTER TABLE saved_search ALTER COLUMN wanted_codes SET NOT NULL, DROP COLUMN wanted_code;
    CREATE INDEX ix_saved_search_wanted_codes ON saved_search USING gin (wanted_codes) {LIVE};
    CREATE INDEX ix_saved_search_wanted ON saved_search (wanted_region, wanted_kind) {LIVE};
    """)


def downgrade() -> None:
    op.execute(f"""
    DROP INDEX ix_saved_search_wanted, ix_saved_search_wanted_codes;
    ALTER TABLE saved_search ADD COLUMN wanted_code varchar;
    UPDATE saved_search SET wanted_code = coalesce(wanted_codes[1], '-');
    ALTER TABLE saved_search ALTER COLUMN wanted_code SET NOT NULL, DROP COLUMN wanted_codes;
    CREATE INDEX ix_saved_search_wanted ON saved_search (wanted_code, wanted_region, wanted_kind) {LIVE};
    """)
