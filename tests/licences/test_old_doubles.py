"""What stood twice in the table before doubles were refused survives the upgrade, and counts once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text

ROOT = Path(__file__).resolve().parents[2]
BEFORE = "0014"


@pytest.fixture
def config(fresh_database: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", fresh_database.replace("%", "%%"))
    return config


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = create_engine(fresh_database)
    yield engine
    engine.dispose()


def ident(number: int) -> str:
    return f"0197c0de-0000-7000-8000-{number:012d}"


CODE = "(SELECT id FROM waste_code WHERE scheme = 'cn-hw' AND code = '900-349-34')"


def enterprise(connection, number: int) -> None:
    connection.execute(
        text(
            "INSERT INTO enterprise (id, uscc, name, roles, region, lon, lat, contact_name, contact_email,"
            " contact_phone, status, small_generator, credit_as_of, created_at, updated_at, version)"
            " VALUES (:id, :uscc, 'x', '{recycler}', 330000, 120, 30, 'x', 'x@example.com', '1', 'approved',"
            " false, '2026-01-01', now(), now(), 1)"
        ),
        {"id": ident(number), "uscc": f"{number:018d}"},
    )


def licence(connection, number: int, holder: int, written: str, until: str, code: str, kg: int) -> None:
    about = {"id": ident(number), "holder": ident(holder), "number": written, "until": until,
             "code": code, "kg": kg}  # fmt: skip
    connection.execute(
        text(
            "INSERT INTO licence (id, enterprise_id, number, kind, valid_from, valid_until, created_at)"
            " VALUES (:id, :holder, :number, 'comprehensive', '2026-01-01', :until, now())"
        ),
        about,
    )
    connection.execute(
        text(
            "INSERT INTO licence_line (id, licence_id, code_id, modes, kg_per_year)"
            " SELECT :id, :id, id, 7, :kg FROM waste_code WHERE scheme = 'cn-hw' AND code = :code"
        ),
        about,
    )


def rows(engine: Engine, query: str) -> list[tuple]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_old_doubles_survive_and_share_their_tonnes(config, engine):
    alembic.downgrade(config, BEFORE)
    with engine.begin() as connection:
        for number in (1, 2):
            enterprise(connection, number)
        licence(connection, 11, 1, "危废第(12)号", "2027-12-31", "900-349-34", 100)
        licence(connection, 12, 1, "危废第〔１２〕号", "2027-12-31", "HW34", 100)
        licence(connection, 13, 1, "危废第12号", "2031-12-31", "900-349-34", 150)
        licence(connection, 14, 2, "危废第 12 号", "2027-12-31", "900-349-34", 100)
        licence(connection, 15, 1, "危废第13号", "2027-12-31", "900-349-34", 100)
        for table, columns, values in (
            ("white_list", "receiver_id, code_id, from_province", f"'{ident(1)}', {CODE}, 330000"),
            ("verified_exemption", "enterprise_id, item, code_id, reference", f"'{ident(1)}', 3, {CODE}, ''"),
            ("channel", "generator_id, receiver_id, code_id, use, kg_per_year, approval_number",
             f"'{ident(2)}', '{ident(1)}', {CODE}, 'x', 5, '批-1'"),
        ):  # fmt: skip
            for number in (21, 22):
                connection.execute(
                    text(
                        f"INSERT INTO {table} (id, valid_from, valid_until, created_at, {columns})"
                        f" VALUES ('{ident(number)}', '2026-01-01', '2027-12-31', now(), {values})"
                    )
                )

    alembic.upgrade(config, "head")

    assert rows(engine, "SELECT is_double FROM licence ORDER BY id") == [
        (False,), (True,), (False,), (True,), (False,),
    ]  # fmt: skip
    capacities = [number for (number,) in rows(engine, "SELECT capacity_no FROM licence_line ORDER BY id")]
    assert capacities[0] is not None
    assert capacities == [capacities[0]] * 3 + [None, None]
    for table in ("white_list", "verified_exemption", "channel"):
        assert rows(engine, f"SELECT is_double FROM {table} ORDER BY id") == [(False,), (True,)], table
    assert rows(engine, "SELECT count(DISTINCT capacity_no), count(capacity_no) FROM channel") == [(1, 2)]

    alembic.downgrade(config, BEFORE)
    assert rows(engine, "SELECT count(*) FROM licence") == [(5,)]
    alembic.upgrade(config, "head")
