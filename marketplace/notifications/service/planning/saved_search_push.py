"""Planning messages for the saved searches that find a new or changed listing."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from ....enterprises import service as enterprises
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Listing
from ...models import LastNotification, Notification, NotificationKind
from ..subjects import main_code_id
from .cancellation import cancel
from .deduplication import (
    PREVIOUS_TERMS,
    About,
    key_of,
    lock_all_last,
    lock_planned,
    may_follow,
    previous_terms,
    save_once,
    update_terms,
    with_previous_terms_of,
)
from .messages import compose, release_delays
from .saved_search_matching import Found, first_of_each_reader, page_of, uninterested_readers

log = logging.getLogger(__name__)


def match_saved_searches(listing_id: UUID, since: datetime, after: UUID | None) -> None:
    """Plan one message for every enterprise whose saved search finds a new or changed listing.

    It takes a page of enterprises, by id from the one after `after` on, and enqueues the rest. The release is
    counted from `since`, so that a credit grade is one release. What is planned for a search that no longer
    finds the listing is cancelled.
    """
    with unit_of_work() as work:
        listing = listings.lock_if_open(work, listing_id)
        if listing is None or not enterprises.may_trade(listing.enterprise_id):
            return
        page, last_reader = page_of(listing, after)
        found = first_of_each_reader(listing, page)
        readers = {reader.id for _, reader in found}
        uninterested = uninterested_readers(listing, readers)
        _cancel_of_page(work, listing, readers - uninterested, after, last_reader)
        _plan(work, listing, [hit for hit in found if hit[1].id not in uninterested], since)
        if last_reader is not None:
            work.enqueue(
                "notifications.jobs.match_saved_searches",
                listing_id=str(listing.id),
                since=since.isoformat(),
                after=str(last_reader),
            )
    log.info("saved searches matched", extra={"listing_id": str(listing_id), "readers": len(readers)})


def _cancel_of_page(
    work: Work, listing: Listing, still: set[UUID], after: UUID | None, last_reader: UUID | None
) -> None:
    """Cancel what is planned about the listing for readers of this page that are not among `still`."""
    of_page = [Notification.enterprise_id > after] if after is not None else []
    of_page += [Notification.enterprise_id <= last_reader] if last_reader is not None else []
    about_it = (
        Notification.kind == NotificationKind.SEARCH_HIT, Notification.counterpart_id == listing.id, *of_page
    )  # fmt: skip
    cancel(work, *about_it, Notification.enterprise_id.not_in(still), planning_now=listing.id)


def _plan(work: Work, listing: Listing, found: Found, since: datetime) -> None:
    delays = release_delays()
    last = _lock_last_by_reader(work, listing, [reader.id for _, reader in found])
    planned = lock_planned(work, last.values())
    new: list[About] = []
    for search, reader in found:
        data: dict[str, Any] = {
            "saved_search_id": str(search.id), "name": search.name, "counterpart_id": str(listing.id),
        }  # fmt: skip
        record = last.get(reader.id)
        if record is not None and record.notification_id in planned:
            _renew(planned[record.notification_id], record, listing, data)
            continue
        message = compose(reader, NotificationKind.SEARCH_HIT, data, since + delays[reader.grade])
        if record is not None:
            if not may_follow(work, record, listing, message):
                continue
            message.data = {**data, PREVIOUS_TERMS: previous_terms(record)}
        new.append(About(message, listing, main_code_id(listing)))
    save_once(work, new, {key_of(record): record for record in last.values()})


def _lock_last_by_reader(work: Work, listing: Listing, readers: list[UUID]) -> dict[UUID, LastNotification]:
    """The last messages of these readers about a search hit of the listing's owner and code."""
    found = lock_all_last(
        work,
        LastNotification.receiver_id.in_(readers),
        LastNotification.counterpart_id == listing.enterprise_id,
        LastNotification.code_id == main_code_id(listing),
        LastNotification.kind == NotificationKind.SEARCH_HIT,
    )
    return {record.receiver_id: record for record in found.values()}


def _renew(planned: Notification, record: LastNotification, listing: Listing, data: dict[str, Any]) -> None:
    """Give a planned message about this listing the listing's new terms; its release time stays.

    If it is about another listing of the same owner and code, it stands for both and stays as it is.
    """
    if planned.counterpart_id == listing.id:
        planned.data = with_previous_terms_of(planned, data)
        update_terms(record, listing)
