"""What was counted before the ledger stays counted, forward and back."""

from alembic import command as alembic
from sqlalchemy import create_engine, text

from tests.licences.test_old_doubles import config, ident, licence, rows  # noqa: F401

BEFORE = "0040"
BALANCES = "SELECT year, allowed_kg, reserved_kg, used_kg, over_kg FROM permit_year ORDER BY year"
COUNTED = "SELECT year, sum(kg) FROM tonnes_used GROUP BY 1 ORDER BY 1"
HOLDER = """
    INSERT INTO enterprise (id, uscc, name, name_folded, name_skeleton, roles, region, lon, lat, contact_name,
        contact_email, contact_phone, status, small_generator, credit_as_of, created_at, updated_at, version)
    VALUES (:id, '000000000000000001', 'x', 'x', 'x', '{recycler}', 330000, 120, 30, 'x',
        'x@example.com', '1', 'approved', false, '2026-01-01', now(), now(), 1)
"""
SUMS = "SELECT year, kind, sum(kg) FROM permit_use GROUP BY 1, 2 ORDER BY 1, 2"


def test_what_was_counted_stays_counted(config, fresh_database):  # noqa: F811
    engine = create_engine(fresh_database)
    alembic.downgrade(config, BEFORE)
    with engine.begin() as connection:
        connection.execute(text(HOLDER), {"id": ident(1)})
        licence(connection, 11, 1, "危废31号", "2027-12-31", "900-349-34", 100)
        counted = text(
            "INSERT INTO tonnes_used (line_id, year, kg, note, at) VALUES (:id, :year, :kg, '台账', now())"
        )
        for year, kg in ((2026, 60), (2026, 70), (2027, 90), (2027, -20)):
            connection.execute(counted, {"id": ident(11), "year": year, "kg": kg})

    alembic.upgrade(config, "head")
    assert rows(engine, BALANCES) == [(2026, 100, 0, 100, 30), (2027, 100, 0, 70, 0)]
    assert rows(engine, SUMS) == [(2026, "over", 30), (2026, "used", 100), (2027, "used", 70)]
    with engine.begin() as connection:
        connection.execute(text("UPDATE licence SET status = 'suspended'"))

    alembic.downgrade(config, BEFORE)
    assert rows(engine, COUNTED) == [(2026, 130), (2027, 70)]
    assert rows(engine, "SELECT status, revoked_at IS NULL FROM licence") == [("confirmed", False)]
    alembic.upgrade(config, "head")
    assert rows(engine, BALANCES) == [(2026, 100, 0, 100, 30), (2027, 100, 0, 70, 0)]
    engine.dispose()
