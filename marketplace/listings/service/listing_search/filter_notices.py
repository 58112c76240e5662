"""What a search says of itself where a filter can find nothing, or less than it seems to ask for."""

from collections.abc import Iterator
from typing import Any

from ....catalogue import service as catalogue
from ....enterprises.models import EnterpriseStatus
from ....errors import Invalid, Notice
from ....events.actor import REGULATOR, Actor
from ...models import ListingStatus
from .conditions import Query


def filter_notices(actor: Actor, query: Query, codes: catalogue.CodeFilter | None) -> list[Notice]:
    """What the actor should know of a search of `GET /listings`.

    Args:
        query: as `ListingQuery` loads it.
        codes: what its `code` means; None without one.
    """
    return [
        *(codes.notices if codes else ()),
        *_of_region(actor, query["region"]),
        *_of_status(actor, query),
    ]


def saved_filter_notices(query: Query) -> list[Notice]:
    """What the owner of a saved search should know of its filter; it finds open listings of others.

    Args:
        query: as `filter_from` returns it.
    """
    codes = catalogue.read_code_filter(query["code"], "query.code") if "code" in query else None
    return [
        *(codes.notices if codes else ()),
        *_of_known_region(query.get("region"), "query.region"),
    ]


def _of_region(actor: Actor, region: int | None) -> Iterator[Notice]:
    unknown = list(_of_known_region(region, "region"))
    yield from unknown
    if region is None or unknown or actor.kind != REGULATOR:
        return
    own = actor.region or 0
    if not catalogue.region_covers(own, region) and not catalogue.region_covers(region, own):
        yield Notice("filter_region_outside", "region", {"region": f"{own:06d}"})


def _of_known_region(region: int | None, at: str) -> Iterator[Notice]:
    if region is None:
        return
    try:
        catalogue.find_region(region)
    except Invalid as error:
        yield Notice("filter_unknown_region", at, error.facts)


def _of_status(actor: Actor, query: Query) -> Iterator[Notice]:
    if query["mine"] and actor.enterprise_id is None:
        yield Notice("filter_mine_of_staff", "mine")
    is_closed: Any = query["status"] not in (None, ListingStatus.OPEN)
    if is_closed and not query["mine"] and actor.enterprise_id is not None:
        yield Notice("filter_only_own", "status")
    elif not query["mine"] and actor.enterprise_id is not None and actor.status != EnterpriseStatus.APPROVED:
        yield Notice("filter_not_approved")
