"""Pages as the formula ranks them."""

from dataclasses import dataclass
from typing import Any

import matching

from ...models import FORMULA
from .page_cursor import Find, Page, PageCursor


@dataclass(frozen=True, slots=True)
class FormulaPager:
    """Pages as the formula ranks them; `version` is that of the learned ranking whose head went before."""

    sort: matching.Sort
    version: int = 0

    @property
    def description(self) -> dict[str, Any]:
        """As the response names it."""
        return {"name": FORMULA, "model_version": None}

    def page(self, find: Find, limit: int, cursor: PageCursor | None) -> Page:
        """A page of hits after `cursor`."""
        done = cursor.done if cursor else 0
        after = matching.Position(self.sort, *cursor.after) if cursor else None  # type: ignore[arg-type]
        found = find(limit, done, after)
        following = PageCursor(self.version, done + len(found.hits), found.last[1:]) if found.last else None
        return Page(found.hits, found.total, following, found.book)
