"""Listings written before components had keys are compared by them after the upgrade."""

import json
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, text

ROOT = Path(__file__).resolve().parents[2]
BEFORE, AFTER = "0016", "0017"
INSERT = text(
    "INSERT INTO listing (id, enterprise_id, kind, status, title, code_id, quantity_kg, remaining_kg,"
    " min_lot_kg, region, lon, lat, available_from, available_until, composition, requires, created_at,"
    " updated_at, version)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), 'supply', 'open', 'x', 1, 1, 1, 1, 330602, 120, 30,"
    " DATE '2026-12-01', DATE '2026-12-02', CAST(:composition AS jsonb), '[]', now(), now(), 1)"
)
OLD = [
    [{"component": "H₂SO₄", "min": 1.5, "max": None, "unit": "％"}],
    [
        {"component": "Cu", "min": 1.0, "max": 1.0, "unit": "g/kg"},
        {"component": "x, y", "min": None, "max": 3.0, "unit": "%~20%"},
    ],
    [],
]
KEYS = [
    [("H2SO4|mass_share", 15_000, None)],
    [("Cu|mass_share", 1000, 1000), ("x, y|%~20%", None, 3)],
    [],
]


@pytest.fixture
def config(fresh_database):
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", fresh_database.replace("%", "%%"))
    return config


def test_rows_of_before_get_keys_and_lose_them_again(config, fresh_database):
    engine = create_engine(fresh_database)
    alembic.downgrade(config, BEFORE)
    superuser = create_engine(engine.url.set(username="postgres"), poolclass=NullPool)
    with superuser.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # the rows around it do not matter
        connection.execute(INSERT, [{"composition": json.dumps(components)} for components in OLD])

    def compositions():
        with engine.connect() as connection:
            return connection.scalars(text("SELECT composition FROM listing ORDER BY no")).all()

    alembic.upgrade(config, AFTER)
    upgraded = compositions()
    assert [[(one["key"], one["low"], one["high"]) for one in row] for row in upgraded] == KEYS
    assert [[{name: one[name] for name in OLD[0][0]} for one in row] for row in upgraded] == OLD
    alembic.downgrade(config, BEFORE)
    assert compositions() == OLD
    engine.dispose()
