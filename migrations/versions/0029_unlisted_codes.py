"""Drafts keep the codes that the catalogue has not, beside the stand-in of their category

Such a code gets its row when a listing with it is published. Rows that drafts added before stay.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

LEVELS = "level IN ('category', 'code', 'chapter', 'subchapter'{more})"
IS_A_DRAFT = "unlisted_code IS NULL OR status IN ('draft', 'withdrawn')"
COLUMNS = "scheme, name_zh, name_en, industry, hazardous, hazard, edition, evidence, tradable, unlisted"


def upgrade() -> None:
    _set_levels(", 'stand_in'")
    op.execute(f"""
        INSERT INTO waste_code ({COLUMNS}, code, key, level, parent_id)
        SELECT scheme, name_zh, name_en, industry, hazardous, hazard, edition, 'unlisted', tradable, true,
               code || '-*', '*' || key, 'stand_in', id
        FROM waste_code WHERE scheme = 'cn-sw' AND level = 'category'""")
    op.add_column("listing", sa.Column("unlisted_code", sa.String()))
    op.create_check_constraint(op.f("ck_listing_unlisted_is_a_draft"), "listing", IS_A_DRAFT)
    op.add_column("listing_accept", sa.Column("unlisted_code", sa.String(), server_default="", nullable=False))
    _set_key_of_accepts("unlisted_code")


def downgrade() -> None:
    """The codes that drafts name get their rows; of several under one category none is lost."""
    op.execute(f"""
        INSERT INTO waste_code ({COLUMNS}, code, key, level, parent_id)
        SELECT DISTINCT ON (named.code) c.scheme, c.name_zh, c.name_en, '', c.hazardous, '', c.edition,
               'unlisted', c.tradable, true, named.code, replace(named.code, '-', ''), 'code', c.parent_id
        FROM (SELECT unlisted_code AS code, code_id FROM listing WHERE unlisted_code IS NOT NULL
              UNION SELECT unlisted_code, code_id FROM listing_accept WHERE unlisted_code <> '') named
        JOIN waste_code c ON c.id = named.code_id
        ON CONFLICT (scheme, code) DO NOTHING""")
    for table in ("listing", "listing_accept"):
        op.execute(f"""
            UPDATE {table} SET code_id = c.id FROM waste_code c
            WHERE c.scheme = 'cn-sw' AND c.code = {table}.unlisted_code""")
    _set_key_of_accepts()
    op.drop_column("listing_accept", "unlisted_code")
    op.drop_constraint(op.f("ck_listing_unlisted_is_a_draft"), "listing")
    op.drop_column("listing", "unlisted_code")
    op.execute("DELETE FROM waste_code WHERE level = 'stand_in'")
    _set_levels("")


def _set_levels(more: str) -> None:
    op.drop_constraint(op.f("ck_waste_code_level"), "waste_code")
    op.create_check_constraint(op.f("ck_waste_code_level"), "waste_code", LEVELS.format(more=more))


def _set_key_of_accepts(*more: str) -> None:
    op.drop_constraint(op.f("pk_listing_accept"), "listing_accept")
    op.create_primary_key(op.f("pk_listing_accept"), "listing_accept", ["listing_id", "code_id", *more])
