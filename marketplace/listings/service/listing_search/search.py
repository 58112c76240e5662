"""Search of listings, page by page.

Among the asker's own listings one statement finds a page. Among all of them it is looked for in two ways,
because no one plan serves both a filter that most listings pass and one that few do. First the index of the
sort order is walked STRIDE listings far. What passes among them says how far a walk would have to go; up to
WALK listings it goes on. Otherwise everything that passes is found through the indexes of the filters and
sorted; it is not much, or the walk would have filled the page.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, or_, select, text, union_all
from sqlalchemy.sql.util import ClauseAdapter

from ....catalogue import service as catalogue
from ....database import db
from ....errors import Notice
from ....events.actor import Actor
from ....statements import Statement
from ...models import SEARCHED, Listing
from ..lookup import governed, shown_by_id, visible_branches
from ..presentation import present_shown
from .conditions import Condition, Query, between
from .distance import kilometres_to
from .filter_notices import filter_notices
from .filters import (
    INDEX_FILTERS,
    ROW_FILTERS,
    code_alternatives,
    conditions,
    conditions_of,
    region_within,
)
from .sort_orders import CHEAPEST, DEAREST, SortOrder, sort_order_of

STRIDE, WALK = 1000, 15_000
"""How many listings a walk looks at to see what passes, and at most."""
SPARE = 2
"""How much farther a walk goes than to where the page should be full."""
WALKED = [getattr(Listing, name) for name in ("id", "external_id", "place_region", *SEARCHED)]
"""What decides whether a listing passes."""
PLANNER_SETTINGS = Statement(
    text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)"),
    ("mode", "jit"),
)
"""A plan for these very values, for this transaction; compiling one costs more than it saves."""


def search(
    actor: Actor, query: Query, after: list[Any] | None
) -> tuple[list[dict[str, Any]], list[Any] | None, list[Notice]]:
    """One page of the listings that the actor may see, where the next one starts (None: nowhere), and what
    the filter cannot find.

    Args:
        after: where the page before ended, of the kinds in `position_kinds`.
    Raises:
        Invalid: a code contradicts itself.
    """
    sort_order = sort_order_of(query)
    n = query["limit"] + 1
    codes = catalogue.read_code_filter(query["code"], "code") if query["code"] else None
    asked = {**query, "code_filter": codes}
    PLANNER_SETTINGS.one()
    found = _first(actor, asked, sort_order, after, n)
    page = found[: query["limit"]]
    ids = [keys[-1] for keys in page]
    rows = shown_by_id(ids)
    more = list(page[-1]) if len(found) == n else None
    notices = filter_notices(actor, query, codes)
    return _present(actor, query, [rows[listing_id] for listing_id in ids]), more, notices


def _first(actor: Actor, query: Query, sort_order: SortOrder, after: list[Any] | None, n: int) -> list[Any]:
    """Keys of the first `n` that pass."""
    own = list(_own_only(actor, query))
    if own:
        return _among_own(actor, query, sort_order, after, n, own)
    found, ahead = _by_walk(actor, query, sort_order, after, n, STRIDE)
    distance = math.ceil(SPARE * STRIDE * n / len(found)) if found else WALK + 1
    if len(found) < n and ahead == STRIDE and distance <= WALK:
        found, _ = _by_walk(actor, query, sort_order, after, n, distance)
    if len(found) < n and ahead == STRIDE:
        found = _by_filters(actor, query, sort_order, after, n)
    return found


def _among_own(
    actor: Actor, query: Query, sort_order: SortOrder, after: list[Any] | None, n: int, own: list[Condition]
) -> list[Any]:
    """The first `n` that pass among the actor's own."""
    passing = [governed(actor), *own, *sort_order.beyond(after), *conditions(query)]
    found = select(*sort_order.keys()).where(*passing)
    return list(db.session.execute(found.order_by(*sort_order.by(sort_order.columns)).limit(n)))


def _by_walk(
    actor: Actor, query: Query, sort_order: SortOrder, after: list[Any] | None, n: int, distance: int
) -> tuple[list[Any], int]:
    """The first `n` that pass among the next `distance` listings in sort order, and how many these are
    (`distance` if none passes)."""
    keys, start = sort_order.keys(), [*sort_order.beyond(after), *_walk_start(query)]
    rows = select(*WALKED, *keys).where(*start).order_by(*sort_order.by(sort_order.columns))
    walk = rows.limit(distance).subquery("walk")
    next_ones = select(Listing.id).where(*start).limit(distance).subquery()
    ahead = select(func.count()).select_from(next_ones).scalar_subquery()
    passing = [or_(*visible_branches(actor)), *conditions(query)]
    columns = [walk.c[key.name] for key in keys]
    found = select(*columns, ahead).where(*map(ClauseAdapter(walk).traverse, passing))
    page = list(db.session.execute(found.order_by(*sort_order.by(columns)).limit(n)))
    return [row[:-1] for row in page], page[0][-1] if page else distance


def _walk_start(query: Query) -> Iterator[Condition]:
    """What its index leaves out of a walk: what comes before a bound, and other regions near the point."""
    if query["sort"] == "distance" and query["region"] is not None:
        yield from region_within(query)
    if query["sort"] == "price":
        yield from between(CHEAPEST, query["price_min"], None)
    if query["sort"] == "-price":
        yield from between(DEAREST, None, query["price_max"])


def _by_filters(
    actor: Actor, query: Query, sort_order: SortOrder, after: list[Any] | None, n: int
) -> list[Any]:
    """The first `n` of all that pass, gathered before they are sorted."""
    passing = [
        *sort_order.beyond(after),
        *conditions_of(query, (*ROW_FILTERS, *INDEX_FILTERS)),
    ]
    parts = [
        select(*sort_order.keys()).where(visible, *way, *passing)
        for visible in visible_branches(actor)
        for way in code_alternatives(query)
    ]
    found = union_all(*parts).cte("found").prefix_with("MATERIALIZED")
    return list(db.session.execute(select(found).order_by(*sort_order.by(list(found.c))).limit(n)))


def _own_only(actor: Actor, query: Query) -> Iterator[Condition]:
    """What keeps a search to the actor's own, if it is one among them."""
    if query["mine"] or query["external_id"] is not None:
        yield Listing.enterprise_id == actor.enterprise_id
    if query["external_id"] is not None:
        yield Listing.external_id == query["external_id"]


def _present(actor: Actor, query: Query, rows: Sequence[Any]) -> list[dict[str, Any]]:
    shown = present_shown(actor, rows)
    if query["lon"] is None:
        return shown
    return [{**item, "distance_km": km} for item, km in zip(shown, kilometres_to(query, rows), strict=True)]


def position_kinds(query: Query) -> tuple[type, ...]:
    """Of what kinds the parts of a position in this search are."""
    return sort_order_of(query).kinds
