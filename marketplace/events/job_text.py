"""What the text of a job says: the one function that jobs run, and the numbers of its tasks."""

import json
import zlib
from typing import Any

FUNCTION = "marketplace.events.jobs.run"
"""What every job runs, with the numbers of tasks; a worker refuses any other (`events/task_job.py`)."""
MOST_TASKS = 100
"""Tasks that one job may carry."""
LARGEST_ID = 2**63 - 1
LONGEST_TEXT = 2_500
"""Bytes of a job's text: the function's name and a hundred numbers of 19 digits need 2,200."""


def task_ids_in(raw: bytes) -> list[int] | None:
    """The tasks that a job's text, compressed or not, asks to perform; None for anything else."""
    try:
        unpacked = zlib.decompressobj().decompress(raw, LONGEST_TEXT)
    except zlib.error:
        unpacked = raw[:LONGEST_TEXT]
    try:
        function, instance, args, kwargs = json.loads(unpacked)
        (task_ids,) = args
    except (ValueError, TypeError, RecursionError):
        return None
    if (function, instance, kwargs) != (FUNCTION, None, {}) or type(args) is not list:
        return None
    return task_ids if _are_ids(task_ids) else None


def _are_ids(found: Any) -> bool:
    """Whether it is a list of one to `MOST_TASKS` numbers that rows can have."""
    if type(found) is not list or not 0 < len(found) <= MOST_TASKS:
        return False
    return all(type(number) is int and 0 < number <= LARGEST_ID for number in found)
