"""The application's connections: statements stay prepared."""

import math
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from marketplace.database import db
from marketplace.database_connections import Connection

from .test_database_roles import plain

SEEN_OFTEN_ENOUGH = 7
"""Times after which psycopg has prepared a statement."""
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%' || :mark"


def _read(statement):
    """What a request does that only reads: its transaction ends by rolling back."""
    try:
        return db.session.scalar(statement)
    finally:
        db.session.remove()


def test_a_statement_of_requests_that_only_read_stays_prepared(app):
    with app.app_context():
        with db.engine.connect(), db.engine.connect():
            pass  # the pool has two: the one returned last is used again
        for _ in range(SEEN_OFTEN_ENOUGH):
            _read(text("SELECT 1 /* pages */"))
        assert _read(text(PREPARED).bindparams(mark="/* pages */")) == 1


def test_a_prepared_statement_whose_columns_changed_fails_once(fresh_database):
    """As when a migration changes them while the web processes run."""
    url = plain(fresh_database)
    with psycopg.connect(url, autocommit=True) as migration, Connection.connect(url) as connection:
        migration.execute("CREATE TABLE kept (kg int)")
        for _ in range(SEEN_OFTEN_ENOUGH):
            connection.execute("SELECT * FROM kept")
            connection.rollback()
        migration.execute("ALTER TABLE kept ALTER kg TYPE bigint")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("SELECT * FROM kept")
        connection.rollback()
        assert connection.execute("SELECT * FROM kept").fetchall() == []


def test_a_transaction_that_failed_is_over_after_its_rollback(app):
    with app.app_context(), db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, Connection)
        with pytest.raises(DataError):
            connection.execute(text("SELECT 1 / 0"))
        connection.rollback()
        assert raw.info.transaction_status.name == "IDLE"
        assert connection.scalar(text("SELECT 1")) == 1


LISTS = (
    ([UUID(int=7), UUID(int=2**127)], "uuid"), ([UUID(int=7), None], "uuid"), ([], "uuid"), ([None], "uuid"),
    ([1, -(2**40)], "bigint"), ([[1, 2], [3, 4]], "int"), ([1.5, -1e300, math.inf], "float8"),
    ([True, False], "bool"), (['a"b', "c,d", "NULL"], "text"),
)  # fmt: skip


def test_every_list_arrives_as_it_was_sent_however_it_is_written(app):
    with app.app_context():
        cursor = db.session.connection().connection.cursor()
        for sent, kind in LISTS:
            assert cursor.execute(f"SELECT %s::{kind}[]", [sent]).fetchone() == (sent,)
        cursor.close()
