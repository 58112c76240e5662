"""The ranges of components that listings state or require, as columns.

One component and kind of unit is one key, whoever wrote it and how: `catalogue.with_key` puts it beside what
the owner wrote. A row that came past it, such as by SQL, is compared by its own text.
"""

import numpy as np

from matching import Components

from ....database import db
from ....listings.models import Kind
from ....numpy_columns import copy_columns, read_columns

RANGE_TYPES = {"key": "i8", "component": "i8", "low": "f8", "high": "f8"}
RANGES = """
SELECT l.no,
       hashtextextended(coalesce(c ->> 'key', lower(c ->> 'component') || '|' || lower(c ->> 'unit')), 0),
       coalesce((CASE WHEN c ? 'key' THEN c ->> 'low' ELSE c ->> 'min' END)::float8, '-Infinity'),
       coalesce((CASE WHEN c ? 'key' THEN c ->> 'high' ELSE c ->> 'max' END)::float8, 'Infinity')
FROM listing l CROSS JOIN LATERAL jsonb_array_elements(l.{column}) c WHERE {which}
"""
BY_NO = "l.no = ANY(%(keys)s)"
RANGES_OF = {Kind.SUPPLY: "composition", Kind.DEMAND: "requires"}


def read_ranges(column: str, keys: np.ndarray) -> Components:
    """The ranges in `column` (`composition` or `requires`) of the listings with these `no`."""
    if not len(keys):
        return Components.empty()
    query = RANGES.format(column=column, which=BY_NO)
    params = {"keys": np.unique(keys).tolist()}
    return Components(**read_columns(db.session(), query, params, RANGE_TYPES))


def copy_open_ranges(column: str) -> Components:
    """The ranges in `column` of all open listings, read by COPY."""
    query = RANGES.format(column=column, which=f"l.status = 'open' AND l.{column} <> '[]'")
    return Components(**copy_columns(db.session(), query, {}, RANGE_TYPES))
