"""The filters of a search: each a condition on the row, some also one that an index answers."""

from collections.abc import Iterable, Iterator

from sqlalchemy import and_, or_, select

from ....catalogue import service as catalogue
from ....database import is_among
from ....enterprises.models import Enterprise
from ...models import Accept, Kind, Listing
from .conditions import Condition, Filter, Query, between
from .distance import within_box, within_radius
from .sort_orders import CHEAPEST, DEAREST
from .text_search import title_bigrams, title_words


def conditions(query: Query) -> list[Condition]:
    """What a listing must be for this search to find it, whoever the actor is; `mine`, sort and page aside.

    Args:
        query: as `ListingQuery` loads it; what is missing or None filters nothing.
    """
    return conditions_of(query, (*ROW_FILTERS, _code, _grade))


def conditions_of(query: Query, filters: Iterable[Filter]) -> list[Condition]:
    """The conditions of these filters, as far as the query asks for them."""
    asked = {name: value for name, value in query.items() if value is not None}
    return [condition for filter_ in filters for condition in filter_(asked)]


def _kind_and_status(asked: Query) -> Iterator[Condition]:
    for name in ("kind", "status"):
        if name in asked:
            yield getattr(Listing, name) == asked[name]


def region_within(asked: Query) -> Iterator[Condition]:
    """That the listing's region is the one asked for, or below it."""
    if "region" in asked:
        yield catalogue.within(Listing.region, asked["region"])


def _code(asked: Query) -> Iterator[Condition]:
    if "code" in asked:
        codes = _code_filter(asked)
        taken = select(Accept.code_id).where(
            Accept.listing_id == Listing.id, is_among(Accept.code_id, codes.accepted)
        )
        offered = is_among(Listing.code_id, codes.offered)
        yield or_(offered, and_(Listing.kind == Kind.DEMAND, taken.exists()))


def _code_filter(asked: Query) -> catalogue.CodeFilter:
    """What the codes asked for find: as `search` looked it up for its two steps, or looked up now."""
    known: catalogue.CodeFilter | None = asked.get("code_filter")
    return known or catalogue.read_code_filter(asked["code"], "code")


def _price(asked: Query) -> Iterator[Condition]:
    column = CHEAPEST if "price_max" in asked else DEAREST
    yield from between(column, asked.get("price_min"), asked.get("price_max"))


def _quantity(asked: Query) -> Iterator[Condition]:
    yield from between(Listing.remaining_kg, asked.get("quantity_min_t"), asked.get("quantity_max_t"))


def _window(asked: Query) -> Iterator[Condition]:
    yield from between(Listing.available_until, asked.get("available_from"), None)
    yield from between(Listing.available_from, None, asked.get("available_until"))


def _grade(asked: Query) -> Iterator[Condition]:
    if "grade" in asked:
        graded = select(Enterprise.id).where(Enterprise.grade.in_(asked["grade"]))
        yield graded.where(Enterprise.id == Listing.enterprise_id).exists()


ROW_FILTERS: tuple[Filter, ...] = (
    _kind_and_status,
    region_within,
    title_words,
    _price,
    _quantity,
    _window,
    within_radius,
)
"""What the listing's own row says."""


def code_alternatives(query: Query) -> list[list[Condition]]:
    """How a listing may have a code asked for, each by conditions that an index answers: as a supply or as a
    demand. Without such a filter there is one way, without conditions."""
    if query["code"] is None:
        return [[]]
    codes = _code_filter(query)
    accepting = select(Accept.listing_id).where(is_among(Accept.code_id, codes.accepted))
    ways: dict[str, list[Condition]] = {
        Kind.SUPPLY: [is_among(Listing.code_id, codes.offered)],
        Kind.DEMAND: [Listing.kind == Kind.DEMAND, Listing.id.in_(accepting)],
    }
    return [way for kind, way in ways.items() if query["kind"] in (None, kind)]


def _grade_by_index(asked: Query) -> Iterator[Condition]:
    if "grade" in asked:
        yield Listing.enterprise_id.in_(select(Enterprise.id).where(Enterprise.grade.in_(asked["grade"])))


INDEX_FILTERS: tuple[Filter, ...] = (_grade_by_index, title_bigrams, within_box)
