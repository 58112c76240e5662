"""Legal bases with their validity; schemes, of which those declared general map to no hazardous code.

The legal bases that ship are written here too, so that what cites them can be said right after an upgrade;
`flask seed catalogue` brings later corrections of the file.

Revision ID: 0016
Revises: 0015
"""

import csv
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DATA = Path(__file__).resolve().parents[2] / "seed" / "data"
COLUMNS = (
    "id", "title", "title_en", "article", "valid_from", "valid_until", "replaced_by", "text_zh", "text_en",
    "source",
)  # fmt: skip
GENERAL_MAPS_TO_GENERAL = """
CREATE FUNCTION crosswalk_of_general_scheme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM crosswalk
        JOIN waste_code local ON local.id = crosswalk.local_id
        JOIN scheme ON scheme.scheme = local.scheme AND scheme.waste = 'general'
        JOIN waste_code national ON national.id = crosswalk.national_id
        WHERE national.hazardous
    ) THEN
        RAISE EXCEPTION 'a scheme declared general maps to a hazardous code'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scheme_is_general';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    basis = op.create_table(
        "legal_basis",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("article", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("replaced_by", sa.String(), nullable=True),
        sa.Column("text_zh", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_legal_basis_validity")),
        sa.CheckConstraint(
            "replaced_by IS NULL OR valid_until IS NOT NULL", name=op.f("ck_legal_basis_replaced_has_ended")
        ),
        sa.CheckConstraint("replaced_by <> id", name=op.f("ck_legal_basis_not_its_own_successor")),
        sa.ForeignKeyConstraint(
            ["replaced_by"],
            ["legal_basis.id"],
            name=op.f("fk_legal_basis_replaced_by"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_basis")),
    )
    op.bulk_insert(basis, _legal_bases())
    op.create_table(
        "scheme",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("waste", sa.String(), nullable=False),
        sa.CheckConstraint("waste IN ('hazardous', 'general', 'both')", name=op.f("ck_scheme_waste")),
        sa.PrimaryKeyConstraint("scheme", name=op.f("pk_scheme")),
    )
    op.execute(GENERAL_MAPS_TO_GENERAL)
    for table in ("crosswalk", "scheme"):
        op.execute(
            f"CREATE TRIGGER general_maps_to_general AFTER INSERT OR UPDATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION crosswalk_of_general_scheme()"
        )


def _legal_bases() -> list[dict[str, object]]:
    with (DATA / "legal_bases.csv").open(encoding="utf-8", newline="") as file:
        rows = [{name: row[name] for name in COLUMNS} for row in csv.DictReader(file)]
    return [
        {
            **row,
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_until": date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            "replaced_by": row["replaced_by"] or None,
        }
        for row in rows
    ]


def downgrade() -> None:
    for table in ("crosswalk", "scheme"):
        op.execute(f"DROP TRIGGER general_maps_to_general ON {table}")
    op.execute("DROP FUNCTION crosswalk_of_general_scheme")
    op.drop_table("scheme")
    op.drop_table("legal_basis")
