"""The pages, one module an area; importing them adds them to the blueprint."""

from ..page import pages as console
from . import (account, board, cockpit, credit, declarations, desk, desk_items, enterprises, firm, front, hall, help, inspections, keys, listings, operations, own_account, people, policy, post, register, resets, sheets, today, unsubscribe, verify)

__all__ = ["account", "board", "cockpit", "console", "credit", "declarations", "desk", "desk_items", "enterprises", "firm", "front", "hall", "help", "inspections", "keys", "listings", "operations", "own_account", "people", "policy", "post", "register", "resets", "sheets", "today", "unsubscribe", "verify"]
