"""The pages, one module an area; importing them adds them to the blueprint."""

from ..page import pages as console
from . import account, board, front, help, people, today, verify

__all__ = ["account", "board", "console", "front", "help", "people", "today", "verify"]
