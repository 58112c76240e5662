"""Holding a new or changed listing against all saved searches, and telling whose search finds it."""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import ColumnElement, Uuid, and_, cast, exists, false, or_, select, true
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from ....catalogue import service as catalogue
from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import TRUSTED_GRADES, Enterprise
from ....errors import Invalid
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Kind, Listing, ListingStatus
from ....matches import service as matches
from ...models import MATCH_FOUND, SEARCH_HIT, Notification, NotificationStatus, SavedSearch, Told
from ..preferences.delivery_preferences import names_of, unwelcome
from .cancellation import cancel
from .deduplication import code_about, codes_about, may_repeat, message_to, noted, tell_each_once

SEARCH_BATCH = 500
"""Saved searches looked at in one transaction."""
INDEXED = {"kind", "code", "region"}
"""Names of a query that the `wanted_` columns answer for, exactly."""
LIVE = and_(SavedSearch.notify != "off", ~SavedSearch.paused)
log = logging.getLogger(__name__)
Reader, Owner = aliased(Enterprise), aliased(Enterprise)
Found = Sequence[tuple[SavedSearch, Enterprise]]


def anyone_seeks() -> bool:
    """Whether there is any saved search that tells."""
    return bool(db.session.scalar(select(exists().where(LIVE))))


def match_saved_searches(listing_id: UUID, since: datetime, after: UUID | None) -> None:
    """Plan one message for every enterprise whose saved search finds a new or changed listing.

    It takes a page of enterprises, in the order of their ids, from the one behind `after` on, and owes the
    rest. The release is counted from `since`, so that a tier is one release. Whose search finds the listing
    no more, and who has not been told yet, will not be.
    """
    with unit_of_work() as work:
        listing = listings.lock_if_open(work, listing_id)
        if listing is None or not enterprises.may_trade(listing.enterprise_id):
            return
        page, upto = page_of(listing, after)
        found = _one_each(listing, page)
        readers = {reader.id for _, reader in found}
        deaf = _deaf(listing, readers)
        _cancel_stale(work, listing, readers - deaf, after, upto)
        _tell(work, listing, [(search, reader) for search, reader in found if reader.id not in deaf], since)
        if upto is not None:
            work.enqueue(
                "notifications.jobs.match_saved_searches",
                listing_id=str(listing.id),
                since=since.isoformat(),
                after=str(upto),
            )


# ---------------------------------------------------------------- which searches find it


def _standing() -> ColumnElement[bool]:
    """That the search tells, the listing is open, and the reader may be shown it.

    As gate `credit` has it: a receiver of grade E or blocked is shown no supply and to nobody; a generator
    in that state is shown receivers of grade A and B.
    """
    supply_may = (Listing.kind == Kind.SUPPLY) & Reader.may_receive
    may_use_owner = ~Reader.is_supervised | Owner.grade.in_(TRUSTED_GRADES)
    demand_may = (Listing.kind == Kind.DEMAND) & Owner.may_receive & may_use_owner
    return and_(
        LIVE,
        Listing.status == ListingStatus.OPEN,
        Reader.may_trade,
        Owner.may_trade,
        Reader.id != Owner.id,
        or_(supply_may, demand_may),
    )


def page_of(listing: Listing, after: UUID | None) -> tuple[Found, UUID | None]:
    """Searches whose indexed part finds the listing, with their readers, those to tell at once first.

    Also the last enterprise of the page, None if it is the last page. No enterprise is on two pages.
    """
    query = (
        select(SavedSearch, Reader)
        .join(Reader, Reader.id == SavedSearch.enterprise_id)
        .join(Listing, Listing.id == listing.id)
        .join(Owner, Owner.id == Listing.enterprise_id)
        .where(
            _standing(),
            SavedSearch.wanted_code.in_(
                [SavedSearch.ANY_TEXT, *catalogue.codes_with_ancestors(codes_about(listing))]
            ),
            SavedSearch.wanted_region.in_(
                [SavedSearch.ANY_REGION, *catalogue.region_with_ancestors(listing.region)]
            ),
            SavedSearch.wanted_kind.in_([SavedSearch.ANY_TEXT, listing.kind]),
        )
        .order_by(SavedSearch.enterprise_id, SavedSearch.notify != "immediate", SavedSearch.id)
        .limit(SEARCH_BATCH)
    )
    if after is not None:
        query = query.where(SavedSearch.enterprise_id > after)
    rows = [(search, reader) for search, reader in db.session.execute(query)]
    if len(rows) < SEARCH_BATCH:
        return rows, None
    whole = [row for row in rows if row[1].id != rows[-1][1].id]
    return whole, whole[-1][1].id


def _one_each(listing: Listing, page: Found) -> Found:
    """The first search of each reader that finds the listing by all that it asks."""
    finding = passing(listing, [search for search, _ in page], answered=INDEXED)
    first: dict[UUID, tuple[SavedSearch, Enterprise]] = {}
    for search, reader in page:
        if search.id in finding:
            first.setdefault(reader.id, (search, reader))
    return list(first.values())


def passing(
    listing: Listing, searches: Iterable[SavedSearch], answered: Collection[str] = frozenset()
) -> set[UUID]:
    """Which of the searches find the listing, in one statement beside the look-up of codes.

    Args:
        answered: names of a query by which the searches were found already.
    """
    alike: dict[str, list[SavedSearch]] = defaultdict(list)
    for one in searches:
        rest = {name: value for name, value in one.query.items() if name not in answered}
        alike[json.dumps(rest, sort_keys=True)].append(one)
    found = {one.id for one in alike.pop("{}", [])}
    if not alike:
        return found
    asked = [and_(true(), *_conditions(json.loads(rest))) for rest in alike]
    answers = db.session.execute(
        select(array(asked)).where(Listing.id == listing.id), execution_options={"compiled_cache": None}
    ).scalar_one()
    return found.union(
        *({one.id for one in same} for same, yes in zip(alike.values(), answers, strict=True) if yes)
    )


def _conditions(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    """What a listing must meet; one search that can no longer be read finds nothing and hinders no other."""
    try:
        return listings.conditions(listings.filter_from(query, at="query"))
    except (ValidationError, Invalid) as error:
        log.warning("a saved search cannot be read: %s", error)
        return [false()]


# ---------------------------------------------------------------- who wants to hear of it


def _deaf(listing: Listing, readers: Collection[UUID]) -> set[UUID]:
    """Who of the readers knows of the listing by a match, or wants to hear nothing of it or of its code."""
    names = names_of(code_about(listing))
    closed = unwelcome(set(readers), listing.enterprise_id)
    silent = {reader for reader, codes in closed.items() if names & codes}
    return silent | matches.enterprises_refusing(listing.id) | _matched(listing, readers)


def _matched(listing: Listing, readers: Collection[UUID]) -> set[UUID]:
    """Who was, or is about to be, told of the listing at these terms as a match of a listing of theirs."""
    codes = codes_about(listing) if listing.code_id else catalogue.codes_that_fit(codes_about(listing))
    told = db.session.scalars(
        select(Told).where(
            Told.receiver_id.in_(readers),
            Told.counterpart_id == listing.enterprise_id,
            Told.code_id.in_(codes),
            Told.kind == MATCH_FOUND,
        )
    )
    return {one.receiver_id for one in told if not may_repeat(one, listing)}


# ---------------------------------------------------------------- telling


def _cancel_stale(
    work: Work, listing: Listing, still: set[UUID], after: UUID | None, upto: UUID | None
) -> None:
    of_page = [Notification.enterprise_id > after] if after is not None else []
    of_page += [Notification.enterprise_id <= upto] if upto is not None else []
    about_it = (Notification.kind == SEARCH_HIT, Notification.counterpart_id == listing.id, *of_page)
    cancel(work, *about_it, Notification.enterprise_id.not_in(still), looked_at=listing.id)


def _tell(work: Work, listing: Listing, found: Found, since: datetime) -> None:
    """Plan the messages and note them as told; where a twin was quicker its message stays."""
    delays = matches.policy_in_force().body["push_delay_s"]
    told = _told(work, listing, [reader.id for _, reader in found])
    planned = _planned(work, told.values())
    news: list[Notification] = []
    for search, reader in found:
        about: dict[str, Any] = {
            "saved_search_id": str(search.id), "name": search.name, "counterpart_id": str(listing.id),
        }  # fmt: skip
        before = told.get(reader.id)
        if before is not None:
            if before.notification_id in planned:
                _renew(planned[before.notification_id], before, listing, about)
                continue
            if not may_repeat(before, listing):
                continue
            about["before"] = noted(before)
        delay = timedelta(seconds=delays.get(reader.grade, delays["D"]))
        news.append(message_to(reader, SEARCH_HIT, about, since + delay))
    tell_each_once(work, listing, code_about(listing), news, told)


def _told(work: Work, listing: Listing, readers: Collection[UUID]) -> dict[UUID, Told]:
    """What these were last told by a search of the listing's owner and code, locked."""
    rows = work.session.scalars(
        select(Told)
        .where(
            Told.receiver_id.in_(readers),
            Told.counterpart_id == listing.enterprise_id,
            Told.code_id == code_about(listing),
            Told.kind == SEARCH_HIT,
        )
        .order_by(Told.receiver_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {one.receiver_id: one for one in rows}


def _planned(work: Work, told: Iterable[Told]) -> dict[UUID, Notification]:
    rows = work.session.scalars(
        select(Notification)
        .where(
            Notification.id.in_([one.notification_id for one in told]),
            Notification.status == NotificationStatus.PLANNED,
        )
        .order_by(Notification.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {one.id: one for one in rows}


def _renew(planned: Notification, told: Told, listing: Listing, about: dict[str, Any]) -> None:
    """A message that is still to come keeps its hour; if it is about this listing it speaks of its new terms.

    If it is about another of the same owner and code, it stands for both.
    """
    if planned.counterpart_id == listing.id:
        planned.data = about | ({"before": planned.data["before"]} if "before" in planned.data else {})
        told.price_fen, told.remaining_kg = listing.price_fen, listing.remaining_kg


# ---------------------------------------------------------------- at the release


def lapsed_finds(work: Work, due: Sequence[Notification], now: datetime, just_judged: timedelta) -> set[UUID]:
    """Which messages of saved searches may not be sent any more.

    Who stands is asked of all in one statement; whether the search still finds the listing and the reader
    wants to hear of it, of those that waited.
    """
    sought = {one.id: one for one in due if one.kind == SEARCH_HIT}
    if not sought:
        return set()
    of_message = SavedSearch.id == cast(Notification.data["saved_search_id"].astext, Uuid)
    standing = (
        select(Notification.id, SavedSearch, Listing)
        .join(SavedSearch, of_message)
        .join(Listing, Listing.id == Notification.counterpart_id)
        .join(Reader, Reader.id == Notification.enterprise_id)
        .join(Owner, Owner.id == Listing.enterprise_id)
        .where(Notification.id.in_(sought), _standing())
        .execution_options(populate_existing=True)
    )
    hold: set[UUID] = set()
    waited: dict[Listing, dict[UUID, SavedSearch]] = defaultdict(dict)
    for message_id, search, listing in work.session.execute(standing):
        if now - sought[message_id].created_at < just_judged:
            hold.add(message_id)
        else:
            waited[listing][message_id] = search
    for listing, messages in waited.items():
        deaf = _deaf(listing, {search.enterprise_id for search in messages.values()})
        finding = passing(listing, messages.values())
        hold |= {
            message_id
            for message_id, search in messages.items()
            if search.id in finding and search.enterprise_id not in deaf
        }
    return sought.keys() - hold
