"""Citations for sentences: the table is read once for each request or task that cites."""

from collections.abc import Sequence
from datetime import date

from flask import g

from ... import clock
from .book import Book, read_book


def cite(basis_ids: Sequence[str], language: str, day: date | None = None) -> str:
    """The bases as in force on `day`, the day that counts for what is said; today without one.

    Raises:
        KeyError: the table has no such basis.
    """
    return current_book().cite(basis_ids, day or clock.today(), language)


def current_book() -> Book:
    """The table as this request or task has read it."""
    if "law_book" not in g:
        g.law_book = read_book()
    book: Book = g.law_book
    return book
