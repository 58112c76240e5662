"""Legal bases: loaded, looked up, and cited as in force on the day that counts."""

from .book import Book, citation, is_in_force
from .citations import cite, current_book
from .loader import load
from .lookup import find, search

__all__ = ["Book", "citation", "cite", "current_book", "find", "is_in_force", "load", "search"]
