"""All legal bases at once: which of them is in force on a day, and how it is cited. No clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from sqlalchemy import select

from ...database import db
from ..models import LegalBasis
from .article_numbers import article_in

STATE = "中华人民共和国"
"""Begins the titles of laws; citations leave it out, as officials do."""


class Basis(Protocol):
    """A legal basis: a row of the table, or of the file that ships."""

    @property
    def id(self) -> Any: ...
    @property
    def title(self) -> Any: ...
    @property
    def title_en(self) -> Any: ...
    @property
    def article(self) -> Any: ...
    @property
    def valid_from(self) -> Any: ...
    @property
    def valid_until(self) -> Any: ...
    @property
    def replaced_by(self) -> Any: ...


def is_in_force(basis: Basis, day: date) -> bool:
    """Whether a basis governs what happens on `day`; both ends of its validity included."""
    return bool(basis.valid_from <= day and (basis.valid_until is None or day <= basis.valid_until))


@dataclass(frozen=True, slots=True)
class Book:
    """Every legal basis by its id."""

    bases: Mapping[str, Basis]

    @classmethod
    def of(cls, bases: Iterable[Basis]) -> "Book":
        return cls({basis.id: basis for basis in bases})

    def on(self, basis_id: str, day: date) -> Basis | None:
        """What governs the subject of a basis on `day`: itself, its successor, or what it replaced.

        None where nothing did: the subject was new later, or had ended without a successor.

        Raises:
            KeyError: there is no such basis.
        """
        basis = self.bases[basis_id]
        if is_in_force(basis, day):
            return basis
        if day < basis.valid_from:
            return self._before(basis, day)
        return self.on(basis.replaced_by, day) if basis.replaced_by else None

    def _before(self, basis: Basis, day: date) -> Basis | None:
        """What governed on `day` among those that a basis replaced, one after the other."""
        for earlier in self.bases.values():
            if earlier.replaced_by == basis.id:
                if is_in_force(earlier, day):
                    return earlier
                if day < earlier.valid_from:
                    return self._before(earlier, day)
        return None

    def cite(self, basis_ids: Sequence[str], day: date, language: str) -> str:
        """The bases as in force on `day`, the articles of one text together: 《...》第一条、第二条.

        A basis for which nothing was in force that day is left out, unless none is left.

        Raises:
            KeyError: there is no such basis.
        """
        found = {basis.id: basis for basis_id in basis_ids if (basis := self.on(basis_id, day))}
        bases = list(found.values()) or [self.bases[basis_id] for basis_id in basis_ids]
        texts = [_cited(list(group), language) for _, group in groupby(bases, lambda basis: basis.title)]
        return ("；" if language == "zh" else "; ").join(texts)


def citation(basis: Basis, language: str) -> str:
    """One basis as sentences cite it, in force or not."""
    return _cited([basis], language)


def _cited(bases: Sequence[Basis], language: str) -> str:
    """One text with its articles."""
    articles = [article_in(basis.article, language) for basis in bases if basis.article]
    if language == "zh":
        return f"《{bases[0].title.removeprefix(STATE)}》{'、'.join(articles)}"
    return f"{bases[0].title_en} art. {', '.join(articles)}" if articles else str(bases[0].title_en)


def read_book() -> Book:
    """The table as it is now; one statement."""
    names = ("id", "title", "title_en", "article", "valid_from", "valid_until", "replaced_by")
    columns = [getattr(LegalBasis, name) for name in names]
    return Book.of(db.session.execute(select(*columns).order_by(LegalBasis.id)).all())
