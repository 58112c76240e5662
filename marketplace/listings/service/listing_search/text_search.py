"""Text search: every word asked for must occur in the title, whatever its case and width.

A condition on the row decides; pairs of neighbouring characters let an index find candidates first."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, literal_column

from ...models import Listing
from .conditions import Condition, Query

TITLE = func.fold_text(Listing.title)


def title_words(asked: Query) -> Iterator[Condition]:
    """That each word of `q` occurs in the title."""
    for word in _folded_words(asked):
        yield func.strpos(TITLE, word) > 0


def title_bigrams(asked: Query) -> Iterator[Condition]:
    """The pairs of neighbouring characters of each word; of a word of one character, that one."""
    for word in _folded_words(asked):
        pieces = func.text_grams(word, func.least(func.length(word), 2))
        yield func.text_grams(TITLE, literal_column("1")).bool_op("@>")(pieces)


def _folded_words(asked: Query) -> list[Any]:
    """The words asked for, folded as titles are."""
    return [func.fold_text(word) for word in unicodedata.normalize("NFKC", asked.get("q", "")).split()]
