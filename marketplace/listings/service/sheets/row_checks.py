"""The rows of a sheet held to the rules of `POST /listings`, one by one and to each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ....catalogue import service as catalogue
from ....errors import Conflict, DomainError, Fault, Invalid, InvalidTable, Notice, Unavailable
from ...models import Listing
from ..drafting import new_draft
from ..listing_place import place_notices
from ..posting_rights import kind_by_role, require_role
from ..publishing import licence_notice, open_draft
from ..quotas import Quota
from . import vocabulary
from .row_to_listing import column_of_field, listing_from_row, location_of_row, row_codes
from .sheet_rows import Row
from .waste_code_cells import listed, listed_codes

MOST_SHOWN = 1000
"""Faults that are kept to be marked in the sheet, and notices; a problem shows fewer faults."""
BATCH = 500
SUGGESTIONS = 3
"""Codes suggested for a row without one."""
CODE_MISSING = {
    ("waste_codes", "field_required"),
    ("waste_codes", "unknown_code"),
    ("scheme", "scheme_needed"),
}
"""Faults of a row whose cell of codes is empty, or holds words."""
MOST_SUGGESTED = 200
"""Titles of one sheet for which codes are suggested: each takes some milliseconds."""
ReportProgress = Callable[[int, int], None]
"""Called with the rows done and the rows there are."""


@dataclass(slots=True)
class Outcome:
    """What would become of a sheet: listings not yet written, each with the number of its row, or the faults
    that forbid them."""

    rows: int
    listings: list[Listing] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    event: str | None = None
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    notices: list[Notice] = field(default_factory=list)

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Count all faults, keep the first `MOST_SHOWN`."""
        for fault in faults:
            self.fault_count += 1
            if len(self.faults) < MOST_SHOWN:
                self.faults.append(fault)

    def add_notices(self, number: int, notices: Iterable[Notice]) -> None:
        """Keep the first `MOST_SHOWN` notices, each with its row and column."""
        for notice in notices:
            if len(self.notices) < MOST_SHOWN:
                place = f"row {number}.{column_of_field(notice.field or 'kind')}"
                self.notices.append(replace(notice, field=place))


def no_progress(done: int, total: int) -> None:
    """Report nothing."""


def check_rows(
    owner: Any, rows: list[Row], publish: bool, report_progress: ReportProgress = no_progress
) -> Outcome:
    """All rows as listings of `owner`, not yet written.

    Raises:
        InvalidTable: some rows break a rule. Invalid: there are none (`sheet_empty`).
    """
    outcome = Outcome(len(rows))
    checker = _RowChecker(owner, publish, outcome)
    with catalogue.cached_lookups(_codes_in(rows)):
        catalogue.look_up_places(_places_in(rows))
        for done, row in enumerate(rows, start=1):
            checker.check(row)
            if done % BATCH == 0:
                report_progress(done, len(rows))
    if outcome.faults:
        raise InvalidTable("import_refused", faults=outcome.faults, count=outcome.fault_count)
    if not outcome.listings:
        raise Invalid("sheet_empty", at="file")
    return outcome


def require_room(outcome: Outcome, quota: Quota) -> None:
    """Raises: InvalidTable: the rows that are over the quota of the owner, each with the reason."""
    add = quota.add_open if outcome.event else quota.add_draft
    for number in outcome.numbers:
        try:
            add()
        except Conflict as error:
            outcome.add_faults([Fault(number, column_of_field("kind"), error.code, error.facts)])
    if outcome.faults:
        raise InvalidTable("import_refused", faults=outcome.faults, count=outcome.fault_count)


def _codes_in(rows: list[Row]) -> set[str]:
    texts = {row_codes(row) or "" for row in rows}
    return {code for text in texts for code in (*listed(text), *listed_codes(text))}


def suggested_codes(title: str) -> list[dict[str, Any]]:
    """Codes that a title may mean, the likeliest first; none where the model is not there."""
    try:
        return catalogue.suggest_codes(title[:200], SUGGESTIONS, None).items
    except Unavailable:
        return []


def _places_in(rows: list[Row]) -> Iterator[tuple[float, float]]:
    for row in rows:
        location = location_of_row(row)
        if location is not None and abs(location["lon"]) <= 180 and abs(location["lat"]) <= 90:
            yield catalogue.to_wgs84({"crs": "wgs84", **location})


class _RowChecker:
    """Holds the rows of one sheet to the rules, one by one, and to each other."""

    def __init__(self, owner: Any, publish: bool, outcome: Outcome) -> None:
        self._owner, self._publish, self._outcome = owner, publish, outcome
        self._kind = kind_by_role(owner.roles)
        self._suggested: dict[str, list[dict[str, Any]]] = {}
        self._seen: dict[str, int] = {}
        self._licence_notices: dict[tuple[int, ...], list[Notice]] = {}

    def check(self, row: Row) -> None:
        """Add the row's listing to the outcome, or its faults."""
        if row.texts.get("title") == vocabulary.EXAMPLE_TITLE:
            self._outcome.rows -= 1
            self._outcome.add_notices(row.number, [Notice("example_row_left_out", "title")])
            return
        data, faults, odd = listing_from_row(row, self._kind)
        faults = faults or self._repeated(row)
        if faults:
            self._outcome.add_faults(self._with_suggestions(row, fault) for fault in faults)
            return
        try:
            listing, notices = self._listing(data)
        except DomainError as error:
            column = column_of_field(error.at or "kind")
            fault = Fault(row.number, column, error.code, error.facts)
            self._outcome.add_faults([self._with_suggestions(row, fault)])
            return
        self._outcome.listings.append(listing)
        self._outcome.numbers.append(row.number)
        self._outcome.add_notices(row.number, odd + notices)

    def _listing(self, data: dict[str, Any]) -> tuple[Listing, list[Notice]]:
        del data["publish"]
        require_role(self._owner.roles, data["kind"])
        listing, notices = new_draft(self._owner, data)
        notices += place_notices(listing)
        if self._publish:
            self._outcome.event = open_draft(listing, self._owner)
            notices += self._licence_notice(listing)
        return listing, notices

    def _with_suggestions(self, row: Row, fault: Fault) -> Fault:
        """A missing waste code with those that the row's title may mean."""
        title = row.texts.get("title")
        has_code = any("0" <= sign <= "9" for sign in row.texts.get("waste_codes", ""))
        if title is None or has_code or (fault.column, fault.code) not in CODE_MISSING:
            return fault
        if title not in self._suggested and len(self._suggested) < MOST_SUGGESTED:
            self._suggested[title] = suggested_codes(title)
        codes = self._suggested.get(title)
        if not codes:
            return fault
        named = ", ".join(f"{code['code']} {code['name'][:30]}" for code in codes)
        return Fault(row.number, "waste_codes", "code_suggested", {"codes": named, "suggestions": codes})

    def _licence_notice(self, listing: Listing) -> list[Notice]:
        """The same for all listings of one owner that accept the same codes."""
        codes = tuple(accept.code_id for accept in listing.accepts)
        if codes not in self._licence_notices:
            self._licence_notices[codes] = licence_notice(listing)
        return self._licence_notices[codes]

    def _repeated(self, row: Row) -> list[Fault]:
        first = self._seen.setdefault(repr(sorted(row.texts.items())), row.number)
        if first == row.number:
            return []
        return [Fault(row.number, "title", "duplicate_row", {"first": first})]
