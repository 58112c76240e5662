"""The pages, one module an area; importing them adds them to the blueprint."""

from ..page import pages as console
from . import (
    account,
    board,
    front,
    hall,
    help,
    listings,
    people,
    post,
    register,
    sheets,
    today,
    unsubscribe,
    verify,
)

__all__ = [
    "account",
    "board",
    "console",
    "front",
    "hall",
    "help",
    "listings",
    "people",
    "post",
    "register",
    "sheets",
    "today",
    "unsubscribe",
    "verify",
]
