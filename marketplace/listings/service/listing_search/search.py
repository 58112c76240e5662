"""Search of listings: filters, orders and pages.

A page is looked for in two steps, because no one plan serves both a filter that most listings pass and one
that few do. First the order's own index is walked, WALK listings far at most: where a filter lets through
one listing in a hundred, the page is full by then. Otherwise everything that passes is found through the
indexes of the filters and put in order; it is not much, or the walk would have filled the page.
"""

import hashlib
import json
import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from marshmallow import ValidationError
from sqlalchemy import (
    ColumnElement,
    Double,
    and_,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.sql.util import ClauseAdapter

from matching.model import EARTH_RADIUS_KM, sphere_km

from ....catalogue import service as catalogue
from ....database import db
from ....enterprises.models import Enterprise
from ....errors import Invalid
from ....events.actor import Actor
from ....http.paging import position_of
from ...models import NO_PRICE_FEN, Accept, Kind, Listing
from ...schemas import ListingFilter
from ..lookup import by_id, coarse, present, visible_branches

FILTER = ListingFilter()
WALK = 5000
PLANNING = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)"
)
"""A plan for these very values, for this transaction; compiling one costs more than it saves."""

Query = Mapping[str, Any]
Condition = ColumnElement[bool]
Filter = Callable[[Query], Iterator[Condition]]

TITLE = func.fold_text(Listing.title)
PLACE: Any = func.coarse_place(Listing.lon, Listing.lat)
CHEAPEST: Any = func.coalesce(Listing.price_fen, literal_column(f"{NO_PRICE_FEN}"))
DEAREST: Any = func.coalesce(Listing.price_fen, literal_column(f"{-NO_PRICE_FEN}"))
"""Prices with those left open at the end of their order; no bound that may be asked for reaches them."""


def search(actor: Actor, query: Query) -> tuple[list[dict[str, Any]], list[Any] | None]:
    """One page of the listings that the actor may see, and where the next one starts (None: nowhere).

    Raises:
        Invalid: the cursor is none of ours, or of another search (`bad_cursor`).
    """
    order, after = _order(query), _position(query)
    n = query["limit"] + 1
    codes = {"code_ids": catalogue.ids_of_code(query["code"])} if query["code"] else {}
    db.session.execute(PLANNING)
    found = _walked(actor, {**query, **codes}, order, after, n)
    if len(found) < n:
        found = _gathered(actor, {**query, **codes}, order, after, n)
    page = found[: query["limit"]]
    rows = by_id({one[-1] for one in page})
    more = [_mark(query), *map(_written, page[-1])] if len(found) == n else None
    return _present(actor, query, [rows[one[-1]] for one in page]), more


def conditions(query: Query) -> list[Condition]:
    """What a listing must be for this search to find it, whoever asks; `mine`, order and page aside.

    Args:
        query: as `ListingQuery` loads it; what is missing or None filters nothing.
    """
    return _said(query, (*OF_ITS_OWN, _code, _grade))


def filter_from(body: dict[str, Any], at: str) -> dict[str, Any]:
    """The filter that the JSON object of the field `at` means, by the names and rules of `GET /listings`.

    A number may be written as one or as text, as in a query string; null means no filter.

    Raises:
        ValidationError, Invalid: a name or a value that `GET /listings` would refuse.
    """
    given = {name: value for name, value in body.items() if value is not None}
    try:
        found = FILTER.load({name: _as_text(value) for name, value in given.items()})
    except ValidationError as error:
        raise ValidationError({at: error.messages}) from error
    except Invalid as error:
        raise Invalid(error.code, at=f"{at}.{error.at}", **error.facts) from error
    return {name: value for name, value in found.items() if value is not None}


def _as_text(value: Any) -> Any:
    """A finite number as a query string would have it; anything else as it is."""
    is_number = type(value) is int or (type(value) is float and math.isfinite(value))
    return str(value) if is_number else value


def _said(query: Query, filters: Iterable[Filter]) -> list[Condition]:
    asked = {name: value for name, value in query.items() if value is not None}
    return [condition for say in filters for condition in say(asked)]


# ---------------------------------------------------------------- the two steps


@dataclass(frozen=True, slots=True)
class Order:
    """Columns to order by, the id last, and what each is in a cursor."""

    columns: tuple[Any, ...]
    kinds: tuple[type, ...]
    descending: bool = False

    def by(self, columns: Iterable[Any]) -> list[Any]:
        """These columns, the same way up or down."""
        return [column.desc() for column in columns] if self.descending else list(columns)

    def keys(self) -> list[Any]:
        """The columns under names of their own."""
        return [column.label(f"key{number}") for number, column in enumerate(self.columns)]

    def beyond(self, after: list[Any] | None) -> list[Condition]:
        """What lies behind a position."""
        if after is None:
            return []
        here: Any = tuple_(*self.columns)
        return [here < tuple(after) if self.descending else here > tuple(after)]


ORDERS = {
    "newest": Order((Listing.id,), (UUID,), descending=True),
    "price": Order((CHEAPEST, Listing.id), (int, UUID)),
    "-price": Order((DEAREST, Listing.id), (int, UUID), descending=True),
}


def _order(query: Query) -> Order:
    if query["sort"] == "distance":
        return Order((_away(query), Listing.id), (float, UUID))
    return ORDERS[query["sort"]]


def _walked(actor: Actor, query: Query, order: Order, after: list[Any] | None, n: int) -> list[Any]:
    """The first `n` that pass among the next WALK listings in order."""
    keys, start = order.keys(), [*order.beyond(after), *_start(query)]
    rows = select(Listing, *keys).where(*start).order_by(*order.by(order.columns))
    walk = rows.limit(WALK).subquery("walk")
    passing = [or_(*visible_branches(actor)), *_own(actor, query), *conditions(query)]
    found = select(*(walk.c[key.name] for key in keys)).where(*map(ClauseAdapter(walk).traverse, passing))
    return list(db.session.execute(found.order_by(*order.by(found.selected_columns)).limit(n)))


def _start(query: Query) -> Iterator[Condition]:
    """Where a walk may begin: nothing asked for comes before a bound on what is ordered by."""
    if query["sort"] == "price":
        yield from _between(CHEAPEST, query["price_min"], None)
    if query["sort"] == "-price":
        yield from _between(DEAREST, None, query["price_max"])


def _gathered(actor: Actor, query: Query, order: Order, after: list[Any] | None, n: int) -> list[Any]:
    """The first `n` of all that pass, gathered before they are put in order."""
    passing = [*order.beyond(after), *_own(actor, query), *_said(query, (*OF_ITS_OWN, *BY_INDEX))]
    parts = [select(*order.keys()).where(part, *passing) for part in visible_branches(actor)]
    found = union_all(*parts).cte("found").prefix_with("MATERIALIZED")
    return list(db.session.execute(select(found).order_by(*order.by(list(found.c))).limit(n)))


def _own(actor: Actor, query: Query) -> list[Condition]:
    return [Listing.enterprise_id == actor.enterprise_id] if query["mine"] else []


# ---------------------------------------------------------------- filters


def _kind_and_status(asked: Query) -> Iterator[Condition]:
    for name in ("kind", "status"):
        if name in asked:
            yield getattr(Listing, name) == asked[name]


def _region(asked: Query) -> Iterator[Condition]:
    if "region" in asked:
        yield catalogue.within(Listing.region, asked["region"])


def _code(asked: Query) -> Iterator[Condition]:
    if "code" in asked:
        ids = _code_ids(asked)
        taken = select(Accept.code_id).where(Accept.listing_id == Listing.id, Accept.code_id.in_(ids))
        yield or_(Listing.code_id.in_(ids), and_(Listing.kind == Kind.DEMAND, taken.exists()))


def _code_ids(asked: Query) -> list[int]:
    """The code and all below it: as `search` looked them up for its two steps, or looked up now."""
    return asked["code_ids"] if "code_ids" in asked else catalogue.ids_of_code(asked["code"])


def _words(asked: Query) -> Iterator[Condition]:
    for word in _folded_words(asked):
        yield func.strpos(TITLE, word) > 0


def _price(asked: Query) -> Iterator[Condition]:
    column = CHEAPEST if "price_max" in asked else DEAREST
    yield from _between(column, asked.get("price_min"), asked.get("price_max"))


def _quantity(asked: Query) -> Iterator[Condition]:
    yield from _between(Listing.remaining_kg, asked.get("quantity_min_t"), asked.get("quantity_max_t"))


def _window(asked: Query) -> Iterator[Condition]:
    yield from _between(Listing.available_until, asked.get("available_from"), None)
    yield from _between(Listing.available_from, None, asked.get("available_until"))


def _grade(asked: Query) -> Iterator[Condition]:
    if "grade" in asked:
        graded = select(Enterprise.id).where(Enterprise.grade.in_(asked["grade"]))
        yield graded.where(Enterprise.id == Listing.enterprise_id).exists()


def _near(asked: Query) -> Iterator[Condition]:
    if "within_km" in asked:
        yield _away(asked) <= _chord(asked["within_km"])


def _between(column: Any, least: Any, most: Any) -> Iterator[Condition]:
    if least is not None:
        yield column >= least
    if most is not None:
        yield column <= most


OF_ITS_OWN: tuple[Filter, ...] = (_kind_and_status, _region, _words, _price, _quantity, _window, _near)
"""What the listing's own row says."""


# ---------------------------------------------------------------- the others, for indexes


def _taken_codes(asked: Query) -> Iterator[Condition]:
    if "code" in asked:
        ids = _code_ids(asked)
        offered = select(Listing.id).where(Listing.code_id.in_(ids))
        yield Listing.id.in_(union(offered, select(Accept.listing_id).where(Accept.code_id.in_(ids))))


def _graded(asked: Query) -> Iterator[Condition]:
    if "grade" in asked:
        yield Listing.enterprise_id.in_(select(Enterprise.id).where(Enterprise.grade.in_(asked["grade"])))


def _pieces(asked: Query) -> Iterator[Condition]:
    """The pairs of neighbouring characters of each word; of a word of one character, that one."""
    for word in _folded_words(asked):
        pieces = func.text_grams(word, func.least(func.length(word), 2))
        yield func.text_grams(TITLE, literal_column("1")).bool_op("@>")(pieces)


def _box(asked: Query) -> Iterator[Condition]:
    """The corners of the sphere around the point: a little more than the sphere itself."""
    if "within_km" in asked:
        reach = _chord(asked["within_km"]) + ROUNDING
        yield PLACE.bool_op("<@")(func.cube_enlarge(_point(asked), reach, literal_column("3")))


BY_INDEX: tuple[Filter, ...] = (_taken_codes, _graded, _pieces, _box)


def _folded_words(asked: Query) -> list[Any]:
    """The words asked for, folded as titles are."""
    return [func.fold_text(word) for word in unicodedata.normalize("NFKC", asked.get("q", "")).split()]


# ---------------------------------------------------------------- distance

KM_DIGITS = 2
ROUNDING = 1e-12
"""What the corners of a box may lose to rounding."""


def _place(query: Query) -> tuple[float, float]:
    return catalogue.to_wgs84({"crs": "wgs84", **query})


def _point(query: Query) -> Any:
    return func.unit_place(*_place(query))


def _away(query: Query) -> Any:
    """The chord from the point to a listing's place."""
    return PLACE.op("<->", return_type=Double())(_point(query))


def _chord(km: float) -> float:
    """The straight line, through a globe of radius 1, between places so far apart on it."""
    return 2 * math.sin(min(km / EARTH_RADIUS_KM, math.pi) / 2)


def _present(actor: Actor, query: Query, rows: Sequence[Listing]) -> list[dict[str, Any]]:
    shown = present(actor, rows)
    if query["lon"] is None:
        return shown
    return [{**one, "distance_km": km} for one, km in zip(shown, _kilometres(query, rows), strict=True)]


def _kilometres(query: Query, rows: Sequence[Listing]) -> list[float]:
    """From the point to the place of each listing as others see it."""
    lon, lat = np.array(_place(query))
    lons, lats = np.array([coarse(row.lon, row.lat) for row in rows]).reshape(-1, 2).T
    return np.round(sphere_km(lat, lon, lats, lons), KM_DIGITS).tolist()


# ---------------------------------------------------------------- cursors


def _position(query: Query) -> list[Any] | None:
    given = position_of(query["cursor"], (str, *_order(query).kinds))
    if given is not None and given[0] != _mark(query):
        raise Invalid("bad_cursor", at="cursor")
    return given and given[1:]


def _mark(query: Query) -> str:
    """What tells the cursors of one search from those of another."""
    asked = {name: value for name, value in query.items() if name not in ("cursor", "limit")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _written(part: Any) -> Any:
    return str(part) if isinstance(part, UUID) else part
