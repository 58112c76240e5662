"""Columns of enums: one list of values for Python, the ORM and the CHECK in the database."""

import re
from select import select

import pytest
from sqlalchemy import CheckConstraint, Enum, create_engine, inspect, text

import marketplace.application  # noqa: F401  every model
import matching
from marketplace.catalogue.models import Mode
from marketplace.database import Base, db, drop_ended_connections
from marketplace.enterprises.models import Grade
from marketplace.licences.models import MODES
from tests.counting import count_statements

ENUM_COLUMNS = [
    column
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Enum)
]
VALUE_CHECKS = [
    (table, constraint)
    for table in Base.metadata.sorted_tables
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name))
    if isinstance(constraint, CheckConstraint) and "values" in constraint.info
]


@pytest.mark.parametrize("column", ENUM_COLUMNS, ids=str)
def test_a_column_of_an_enum_is_checked_by_the_same_enum(column):
    checks = {
        str(constraint.sqltext): constraint.info["values"]
        for table, constraint in VALUE_CHECKS
        if table is column.table
    }
    enums = {sql.partition(" IN ")[0]: values for sql, values in checks.items()}
    assert enums.get(column.name) is column.type.enum_class, (
        f"{column}: add values_check({column.name!r}, {column.type.enum_class.__name__}) to the table's"
        " __table_args__, and a migration if the database has no such CHECK yet"
    )


@pytest.mark.parametrize(
    ("table", "constraint"), VALUE_CHECKS, ids=lambda value: getattr(value, "name", None) or str(value)
)
def test_the_database_allows_the_values_of_the_enum_and_no_others(app, table, constraint):
    with app.app_context():
        found = db.session.scalar(
            text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
            {"name": constraint.name},
        )
    assert found is not None, f"{constraint.name}: a migration must create this CHECK"
    allowed = set(re.findall(r"'([^']*)'::", found))
    wanted = {member.value for member in constraint.info["values"]}
    assert allowed == wanted, (
        f"{constraint.name}: the database allows {sorted(allowed)}, {constraint.info['values'].__name__} has"
        f" {sorted(wanted)}: add a migration that replaces the CHECK"
    )


@pytest.mark.parametrize("column", ENUM_COLUMNS, ids=str)
def test_a_column_of_an_enum_is_text_in_the_database(app, column):
    with app.app_context():
        columns = inspect(db.engine).get_columns(column.table.name)
    stored = next(found["type"] for found in columns if found["name"] == column.name)
    assert stored.python_type is str
    assert stored.length == column.type.length


def test_grades_and_modes_have_one_order_here_and_in_matching():
    assert [grade.value for grade in Grade] == [grade.name for grade in matching.Grade]
    assert [ord(grade) - ord("A") for grade in Grade] == list(matching.Grade), "as SQL numbers them"
    assert [mode.value for mode in Mode] == [mode.name.lower() for mode in matching.Mode]
    assert {mode.name.lower(): mode for mode in matching.Mode} == MODES


TWINS = """
    WITH tree AS (
        SELECT i.*, c.relname AS name, i.indkey::int2[] AS columns, i.indpred IS NOT NULL AS is_partial
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
        WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace AND i.indexprs IS NULL
    )
    SELECT few.name, more.name FROM tree few JOIN tree more USING (indrelid)
    WHERE few.indexrelid <> more.indexrelid AND NOT few.indisunique AND NOT more.is_partial
      AND more.columns[0:few.indnkeyatts - 1] = few.columns[0:few.indnkeyatts - 1]
      AND NOT (few.is_partial AND more.indisprimary)
"""
"""Indexes and others of the same table that begin with the same columns and leave out no row."""


def test_no_index_answers_only_what_another_answers_too(app):
    """A partial index beside a primary key is none: it is there to be short."""
    with app.app_context():
        assert db.session.execute(text(TWINS)).all() == []


def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used(app):
    """No connection is asked whether it lives as long as the server has said nothing on it."""
    backend = text("SELECT pg_backend_pid()")
    with app.app_context():
        engine = create_engine(db.engine.url)
        drop_ended_connections(engine)
    with engine.connect() as other:
        with engine.connect() as connection:
            ended = connection.scalar(backend)
            socket = connection.connection.driver_connection.fileno()
        with count_statements() as sent, engine.connect() as connection:
            assert connection.scalar(backend) == ended
        assert len(sent) == 1
        other.execute(text("SELECT pg_terminate_backend(:ended, 5000)"), {"ended": ended})
        assert select([socket], [], [], 5)[0]
        with engine.connect() as connection:
            assert connection.scalar(backend) != ended
    engine.dispose()
