"""The application's role reads and writes rows; tables, the audit and the server are out of its reach."""

import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import errors as postgres
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from marketplace import create_app, database_roles, embedded
from marketplace.database import db
from marketplace.embedded.server import wheel_pg_bin
from marketplace.settings import Settings
from tests.marketplace import as_owner

FORBIDDEN = {
    "a table": "CREATE TABLE mine (a int)",
    "a temporary table": "CREATE TEMP TABLE mine (a int)",
    "a table of rows": "SELECT 1 AS a INTO mine",
    "a column": "ALTER TABLE listing ADD COLUMN mine int",
    "an index": "CREATE INDEX mine ON listing (title)",
    "a trigger off": "ALTER TABLE listing DISABLE TRIGGER ALL",
    "a table gone": "DROP TABLE listing",
    "a table emptied": "TRUNCATE listing",
    "a function": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a schema": "CREATE SCHEMA mine",
    "an extension": "CREATE EXTENSION hstore",
    "the audit changed": "UPDATE audit SET action = 'nothing'",
    "the audit deleted": "DELETE FROM audit",
    "the audit emptied": "TRUNCATE audit",
    "the audit merged away": "MERGE INTO audit USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE",
    "the version of the schema": "UPDATE alembic_version SET version_num = '0001'",
    "another's role": "SET ROLE huanliu_owner",
    "the superuser": "SET SESSION AUTHORIZATION postgres",
    "a role": "CREATE ROLE mine SUPERUSER",
    "itself made superuser": "ALTER ROLE huanliu_app SUPERUSER",
    "a database": "CREATE DATABASE mine",
    "triggers passed over": "SET session_replication_role = 'replica'",
    "a file read": "SELECT pg_read_file('/etc/passwd')",
    "a file written": "COPY listing TO '/tmp/mine'",
    "a program": "COPY listing FROM PROGRAM 'true'",
    "a setting of the server": "ALTER SYSTEM SET log_statement = 'all'",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_applications_role_may_not(app, statement):
    with app.app_context():
        engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
            connection.execute(text(statement))
    assert isinstance(caught.value.orig, postgres.InsufficientPrivilege), caught.value


def test_it_may_read_and_write_the_rows_of_every_other_table(app):
    """A table of a later migration, too: forgotten grants would show here, and in every test."""
    with app.app_context():
        role = db.session.scalar(text("SELECT current_user"))
        tables = inspect(db.engine).get_table_names()
        kept = {*database_roles.APPEND_ONLY, *database_roles.READ_ONLY}
        query = text("SELECT has_table_privilege(:table, :right)")
        for table in tables:
            rights = ["SELECT"] + [] * (table in database_roles.READ_ONLY)
            rights += ["INSERT"] * (table not in database_roles.READ_ONLY)
            rights += ["UPDATE", "DELETE"] * (table not in kept)
            for right in rights:
                assert db.session.scalar(query, {"table": table, "right": right}), (table, right)
    assert role == embedded.APP
    assert kept <= set(tables)


def test_what_a_later_migration_creates_can_be_used_without_a_thought(fresh_database):
    owner = create_engine(fresh_database)
    app = create_engine(owner.url.set(username=embedded.APP))
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE later (id serial PRIMARY KEY, name text)"))
    with app.begin() as connection:
        connection.execute(text("INSERT INTO later (name) VALUES ('a')"))
        connection.execute(text("UPDATE later SET name = 'b'"))
        assert connection.execute(text("DELETE FROM later RETURNING id, name")).all() == [(1, "b")]
    for engine in (owner, app):
        engine.dispose()


def test_the_owner_is_no_superuser_either(app):
    with as_owner(app) as connection:
        found = connection.execute(
            text(
                "SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
                " FROM pg_roles WHERE rolname LIKE 'huanliu%' ORDER BY 1"
            )
        ).all()
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner <> :owner"
        stranger = connection.scalars(text(query), {"owner": embedded.OWNER}).all()
    assert found == [(embedded.APP, False), (embedded.OWNER, False)]
    assert stranger == []


def hand_over_by_script(data_dir: Path, name: str) -> None:
    """What an operator does on a server of his own; twice."""
    for _ in range(2):
        subprocess.run(
            [wheel_pg_bin() / "psql", "-X", "-q", "-d", name, "-f", "deploy/roles.sql"],
            env={
                "PGHOST": str(embedded.run_dir(data_dir)),
                "PGPORT": str(embedded.PORT),
                "PGUSER": "postgres",
            }
            | {"OWNER_PASSWORD": "it's", "APP_PASSWORD": 'a "b"'},
            check=True,
            capture_output=True,
        )


def hand_over_embedded(data_dir: Path, name: str) -> None:
    """What `make serve` does with a database that it finds."""
    assert embedded.create_database(data_dir, name) is False


@pytest.mark.parametrize("hand_over", [hand_over_embedded, hand_over_by_script])
def test_an_installation_of_one_role_becomes_one_of_two_and_keeps_its_rows(data_dir, database_url, hand_over):
    """Version 0.1: everything belonged to the superuser, who also served."""
    name = "old_installation"
    with psycopg.connect(plain(embedded.admin_url(data_dir)), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        with psycopg.connect(plain(embedded.admin_url(data_dir, name)), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION cube")
            connection.execute("CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY, said text)")
            connection.execute("CREATE TABLE kept (id serial, note text)")
            connection.execute("CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'")
            connection.execute("INSERT INTO audit (said) VALUES ('before')")

        hand_over(data_dir, name)
        owner = create_engine(embedded.addresses(data_dir, name).owner_url)
        with owner.begin() as connection:
            connection.execute(text("ALTER TABLE kept ADD COLUMN more int"))
            connection.execute(text("ALTER FUNCTION two() IMMUTABLE"))
            connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
            for slot in (0, 1):
                connection.execute(text(f"CREATE TABLE ranked_supply_{slot} (supply int)"))
            for _ in range(2):
                database_roles.grant(connection, embedded.APP)
        owner.dispose()
        with psycopg.connect(plain(embedded.addresses(data_dir, name).database_url)) as connection:
            connection.execute("INSERT INTO kept (note) VALUES ('new')")
            connection.execute("TRUNCATE ranked_supply_0")
            assert connection.execute("SELECT said FROM audit").fetchall() == [("before",)]
            with pytest.raises(postgres.InsufficientPrivilege):
                connection.execute("DELETE FROM audit")
    finally:
        embedded.drop_database(data_dir, name)


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


# ---------------------------------------------------------------- time


def limited(database_url: str, redis_url: str, **settings: str):
    addresses = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    return create_app(Settings.from_environment({**addresses, **settings}))


def test_a_statement_that_takes_too_long_is_ended_and_answered_as_busy(app, database_url, redis_url):
    quick = limited(database_url, redis_url, STATEMENT_TIMEOUT_S="0.05")
    quick.add_url_rule("/slow", view_func=lambda: db.session.scalar(text("SELECT pg_sleep(60)")) or "never")
    began = time.monotonic()
    response = quick.test_client().get("/slow")
    assert (response.status_code, response.json["code"]) == (503, "database_busy")
    assert time.monotonic() - began < 30


def test_a_transaction_that_is_left_idle_is_ended_and_frees_its_locks(database_url, redis_url):
    forgetful = limited(database_url, redis_url, IDLE_IN_TRANSACTION_TIMEOUT_S="0.05")
    with forgetful.app_context():
        db.session.execute(text("SELECT * FROM heartbeat FOR UPDATE"))
        time.sleep(0.3)
        with pytest.raises(DBAPIError):
            db.session.execute(text("SELECT 1"))
        db.session.rollback()
        assert db.session.scalar(text("SELECT 1")) == 1
        db.session.remove()


@pytest.mark.parametrize("name", ["statement_timeout", "idle_in_transaction_session_timeout"])
def test_every_connection_has_limits(app, name):
    with app.app_context():
        assert db.session.scalar(text(f"SHOW {name}")) == "5min"
