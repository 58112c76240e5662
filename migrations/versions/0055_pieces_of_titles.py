"""The pieces of a title are made by a loop: a query within an index expression is begun anew for each row.

The pieces are the same, some now more than once, which an index drops; what is indexed stays as it is.

Revision ID: 0055
Revises: 0054
"""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

HEAD = """
    CREATE OR REPLACE FUNCTION text_grams(body text, shortest integer) RETURNS text[]
    IMMUTABLE PARALLEL SAFE COST 1000
"""


def upgrade() -> None:
    op.execute(f"""{HEAD} STRICT LANGUAGE plpgsql AS $$
        DECLARE
            letters CONSTANT text[] := string_to_array(body, NULL);
            grams text[] := CASE WHEN shortest < 2 THEN letters ELSE '{{}}' END;
        BEGIN
            FOR place IN 2..cardinality(letters) LOOP
                grams := grams || (letters[place - 1] || letters[place]);
            END LOOP;
            RETURN grams;
        END $$
    """)


def downgrade() -> None:
    op.execute(f"""{HEAD} LANGUAGE sql RETURN ARRAY(
            SELECT DISTINCT substr(body, start, width)
            FROM generate_series(1, length(body)) AS start, generate_series(shortest, 2) AS width
            WHERE start + width <= length(body) + 1
        )
    """)
