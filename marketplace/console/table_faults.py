"""What is wrong with a sheet that was sent, cell by cell, as its page shows it."""

from collections.abc import Callable
from typing import Any

from ..errors import InvalidTable
from ..http.languages import language, localised, stored_faults

MOST_SHOWN = 100
Heading = Callable[[str, str], str]
"""The heading that people read of a column, by its name and the language."""


def shown_faults(error: InvalidTable, heading: Heading) -> dict[str, Any]:
    """The first faults, and how many there are: `faults` and `count` of the templates."""
    return {"faults": stored_faults_shown(stored_faults(error), heading), "count": error.count}


def stored_faults_shown(stored: list[dict[str, Any]], heading: Heading) -> list[dict[str, Any]]:
    """The first faults of a sheet that was read before, in the reader's language."""
    lang = language()
    return [{**fault, "column": heading(fault["column"], lang)} for fault in localised(stored[:MOST_SHOWN])]
