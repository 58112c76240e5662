"""What is wrong with a sheet that was sent, cell by cell, as its page shows it."""

from typing import Any

from ..errors import InvalidTable
from ..http.languages import language
from ..messages import say

MOST_SHOWN = 100


def shown_faults(error: InvalidTable) -> dict[str, Any]:
    """The first faults, and how many there are: `faults` and `count` of the templates."""
    faults = [
        {
            "row": fault.row,
            "column": fault.column,
            "detail": say(fault.code, language(), **fault.facts),
            "suggestions": fault.facts.get("suggestions", ()),
        }
        for fault in error.faults[:MOST_SHOWN]
    ]
    return {"faults": faults, "count": error.count}
