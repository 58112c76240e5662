"""Rows of PostgreSQL as columns."""

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.database import db
from marketplace.numpy_columns import copy_columns, read_columns, read_tables, write_arrays
from tests.counting import count_statements
from tests.marketplace import as_owner

TYPES = {"number": "i8", "small": "i2", "real": "f8", "yes": "bool", "id": "uuid"}
ROWS = """
SELECT n, mod(n, 7)::int2, n / 3::float8, mod(n, 2) = 0,
       ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid
FROM generate_series(1, %(many)s) n
"""
NULLS = """
SELECT n, 1::int2, 1::float8, true, CASE WHEN n > %(many)s THEN gen_random_uuid() END
FROM generate_series(1, 16) n
"""


@pytest.mark.parametrize("many", [0, 1, 1000])
def test_rows_come_alike_by_copy_and_in_one_value(app, many):
    with app.app_context():
        joined, copied = (
            read(db.session(), ROWS, {"many": many}, TYPES) for read in (read_columns, copy_columns)
        )
    assert list(joined) == list(copied)
    for name, column in joined.items():
        assert column.dtype == copied[name].dtype
        np.testing.assert_array_equal(column, copied[name])
    assert len(joined["number"]) == many


@pytest.mark.parametrize("read", [read_columns, copy_columns])
def test_a_null_is_refused_rather_than_read_as_something_else(app, read):
    with app.app_context(), pytest.raises(ValueError, match="null"):
        read(db.session(), NULLS, {"many": 8}, TYPES)


def test_rows_with_arrays_of_any_length_are_written_as_they_are(app):
    keys, size = np.arange(5), np.array([2, 0, 3, 2, 0])
    pages = {
        "demands": keys[:, None] * 10 + np.arange(3),
        "scores": (keys[:, None] + np.zeros(3)).astype("f4") / 2,
    }
    with as_owner(app) as connection, Session(connection) as session:
        session.execute(text("CREATE TEMP TABLE page (supply int8, demands int8[], scores real[])"))
        write_arrays(session, "page", {"supply": keys}, pages, size)
        rows = session.execute(text("SELECT * FROM page ORDER BY supply")).all()
    assert [tuple(row) for row in rows] == [
        (key, [key * 10 + place for place in range(many)], [key / 2] * many)
        for key, many in zip(keys.tolist(), size.tolist(), strict=True)
    ]


def test_several_tables_come_by_one_statement_each_with_its_own_rows(app):
    few, many = {"number": "i8"}, {"number": "i8", "twice": "i2"}
    shared = "WITH kept AS MATERIALIZED (SELECT n FROM generate_series(1, %(most)s) n)"
    queries = {
        "few": ("SELECT n FROM kept WHERE n < 3", few),
        "none": ("SELECT n FROM kept WHERE n < 0", few),
        "many": ("SELECT n, (2 * n)::int2 FROM kept", many),
    }
    with app.app_context(), count_statements() as sent:
        found = read_tables(db.session(), queries, {"most": 4}, shared)
    assert len([statement for statement in sent if "SELECT" in statement]) == 1
    assert {name: len(table["number"]) for name, table in found.items()} == {"few": 2, "none": 0, "many": 4}
    assert sorted(found["many"]["twice"].tolist()) == [2, 4, 6, 8]
