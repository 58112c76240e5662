"""The pages, one module an area; importing them adds them to the blueprint."""

from ..page import pages as console
from . import board, front, help, verify

__all__ = ["board", "console", "front", "help", "verify"]
