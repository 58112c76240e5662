"""Evaluations: what they are made of, jobs that make previews, publication, reminders, who sees what."""

from .gathering import canonical
from .lookup import find, find_job, search, search_jobs
from .making import forget_previews, make_previews, start
from .presentation import present, present_heads, present_job
from .publishing import publish
from .reminders import remind

__all__ = [
    "canonical",
    "find",
    "find_job",
    "forget_previews",
    "make_previews",
    "present",
    "present_heads",
    "present_job",
    "publish",
    "remind",
    "search",
    "search_jobs",
    "start",
]
