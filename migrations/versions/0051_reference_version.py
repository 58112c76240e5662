"""Number the states of the reference data; count what an enterprise has of listings under its lock.

Revision ID: 0051
Revises: 0050
"""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

NUMBERED = (
    "scheme", "crosswalk", "region", "outline_ring", "treatment", "exemption_item", "matching_policy", "ranking_model",
)  # fmt: skip
"""Besides the codes: tables whose every change makes a new state."""
NEXT = "UPDATE reference_version SET no = no + 1"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE reference_version (
            id integer NOT NULL CONSTRAINT pk_reference_version PRIMARY KEY,
            no bigint NOT NULL,
            CONSTRAINT ck_reference_version_only_one CHECK (id = 1)
        )
    """)
    op.execute("INSERT INTO reference_version VALUES (1, 1)")
    op.execute(f"""
        CREATE FUNCTION number_reference_data() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {NEXT}; RETURN NULL; END $$
    """)
    op.execute(f"""
        CREATE FUNCTION number_added_codes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {NEXT} WHERE EXISTS(SELECT FROM is_now WHERE NOT (unlisted AND level = 'code'));
            RETURN NULL;
        END $$
    """)
    for table in NUMBERED:
        _watch(table, "INSERT OR UPDATE OR DELETE OR TRUNCATE")
    _watch("waste_code", "UPDATE OR DELETE OR TRUNCATE")
    op.execute("""
        CREATE TRIGGER number_added_codes AFTER INSERT ON waste_code REFERENCING NEW TABLE AS is_now
        FOR EACH STATEMENT EXECUTE FUNCTION number_added_codes()
    """)
    op.execute("""
        CREATE FUNCTION listings_had(owner uuid, OUT drafts bigint, OUT published bigint, OUT ever bigint)
        LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            SELECT count(*) FILTER (WHERE status = 'draft'), count(*) FILTER (WHERE status = 'open')
            INTO drafts, published FROM listing
            WHERE enterprise_id = owner AND status IN ('draft', 'open');
            IF (SELECT status <> 'approved' FROM enterprise WHERE id = owner) THEN
                SELECT count(*) INTO ever FROM listing WHERE enterprise_id = owner;
            END IF;
        END $$
    """)


def _watch(table: str, actions: str) -> None:
    op.execute(f"""
        CREATE TRIGGER number_reference_data AFTER {actions} ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION number_reference_data()
    """)


def downgrade() -> None:
    op.execute("DROP FUNCTION listings_had(uuid)")
    op.execute("DROP FUNCTION number_added_codes() CASCADE")
    op.execute("DROP FUNCTION number_reference_data() CASCADE")
    op.execute("DROP TABLE reference_version")
