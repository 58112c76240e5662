"""Counts what is sent to PostgreSQL, by whatever way it goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest


@contextmanager
def count_statements() -> Iterator[list[str]]:
    """The statements of this process while the block runs, in order; the pool's pings (";") are left out.

    SQLAlchemy's events see only what SQLAlchemy sends; columns are read on the driver's own cursor. So the
    driver is asked.
    """
    sent: list[str] = []

    def counting(send: Any) -> Any:
        def counted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
            if str(query).strip(" ;"):
                sent.append(" ".join(str(query).split()))
            return send(self, query, *args, **kwargs)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for kind in (psycopg.Cursor, psycopg.ServerCursor):
            for way in ("execute", "copy"):
                patch.setattr(kind, way, counting(getattr(kind, way)))
        yield sent


def rows_read(node: dict[str, Any]) -> int:
    """The rows of tables and indexes that a plan of EXPLAIN (ANALYZE, FORMAT JSON) read, by its top node."""
    own = node["Actual Rows"] * node["Actual Loops"] if "Relation Name" in node else 0
    return int(own) + node.get("Rows Removed by Filter", 0) + sum(map(rows_read, node.get("Plans", ())))
