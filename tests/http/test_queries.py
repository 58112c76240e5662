"""Queries of addresses, which a process keeps as it has read them."""

import pytest
from marshmallow import ValidationError

from marketplace.http.blueprint import LONGEST_KEPT, Blueprint
from marketplace.http.paging import PageQuery

SCHEMA = PageQuery()


def read(app, query):
    with app.test_request_context(f"/?{query}"):
        return Blueprint.ARGUMENTS_PARSER.parse(SCHEMA, location="query", unknown="raise")


def test_who_takes_something_from_a_query_takes_it_from_no_other_request(app):
    assert read(app, "limit=5").pop("limit") == 5
    assert read(app, "limit=5") == {"limit": 5, "cursor": None}
    assert read(app, "limit=6")["limit"] == 6
    long = "x" * LONGEST_KEPT
    assert read(app, f"limit=7&cursor={long}") == {"limit": 7, "cursor": long}


@pytest.mark.parametrize("query", ["limit=0", "limit=5&limit=5", "other=1", "cursor=%ff"])
def test_a_query_that_was_refused_is_refused_again(app, query):
    for _ in range(2):
        with pytest.raises(ValidationError):
            read(app, query)
