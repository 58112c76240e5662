"""The choice of whom a push may notify of new or changed listings."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

import matching

from .... import clock
from ....database import db
from ....enterprises.models import Enterprise
from ....listings.models import Kind, Listing
from ..policy import PolicyInForce, policy_in_force
from .database_search import Search
from .live_index import OTHER, IndexSnapshot, process_index
from .match_input import day_number

SEARCH_PAGE = 100
WIDER = 4
"""How many times as many hits are looked at where those of a page are of too few enterprises."""
WORTH_AN_INDEX = 20
"""Listings of one job from which on the process is to hold an index: in a small market, where no job has as
many, it is not worth its memory."""
INDEX_WAIT_S = 5.0
"""How long the first such job waits for it. Of 10,000 listings it is built in half a second, in which the
database finds the counterparts of a few; of a million it takes longer, and the database answers meanwhile."""
COUNTERPART = (
    Listing.id, Listing.no, Listing.kind, Listing.code_id, Listing.enterprise_id, Enterprise.grade,
    Enterprise.credit_milli,
)  # fmt: skip
Choice = tuple[int, int, int]
"""A hit by the number of its listing, its rank, and its score as matching counts it."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Whom a push may notify of a listing: theirs, as a row of `COUNTERPART`, and how the pairing ranked."""

    listing: Any
    rank: int
    score: float


def choose_push_candidates(ours: Collection[Listing]) -> dict[UUID, list[Counterpart]]:
    """For each listing, by id, the best of the best `push_top` enterprises over the threshold, best first.

    They are found in the index of this process, in as many statements for many listings as for one. Where it
    holds none, or the caller's work has changed what is indexed, the database is searched for one listing
    after the other, with the same result.
    """
    policy, snapshot = policy_in_force(), process_index().current()
    found = {} if snapshot is None else _find_in_memory(snapshot, policy, ours)
    return found | {
        listing.id: _find_in_database(policy, listing) for listing in ours if listing.id not in found
    }


def hold_index_for(count: int) -> None:
    """Have this process hold an index before it matches so many listings, if they are worth one; not within
    a unit of work, whose rows would be locked meanwhile."""
    if count >= WORTH_AN_INDEX:
        process_index().start_if_missing(INDEX_WAIT_S)


def _rows(condition: ColumnElement[bool]) -> list[Any]:
    rows = select(*COUNTERPART).join(Enterprise, Enterprise.id == Listing.enterprise_id).where(condition)
    return list(db.session.execute(rows))


# ---------------------------------------------------------------- in the database


def _find_in_database(policy: PolicyInForce, listing: Listing) -> list[Counterpart]:
    search = Search.of(listing, policy.matching, clock.today(), "score", policy.body["push_threshold"])
    chosen: dict[UUID, Counterpart] = {}
    done, position = 0, None
    while True:
        page = search.find(SEARCH_PAGE, done, position)
        rows = {row.id: row for row in _rows(Listing.id.in_({hit.listing_id for hit in page.hits}))}
        for hit in page.hits:
            row = rows[hit.listing_id]
            if len(chosen) < policy.body["push_top"]:
                found = Counterpart(row, hit.rank, hit.score / matching.SCORE_UNIT)
                chosen.setdefault(row.enterprise_id, found)
        if page.last is None or len(chosen) >= policy.body["push_top"]:
            return list(chosen.values())
        done, position = done + len(page.hits), page.last


# ---------------------------------------------------------------- in memory


def _find_in_memory(
    snapshot: IndexSnapshot, policy: PolicyInForce, ours: Collection[Listing]
) -> dict[UUID, list[Counterpart]]:
    """The counterparts of those of the listings that the index has."""
    ids = {listing.no: listing.id for listing in ours}
    chosen: dict[UUID, list[Choice]] = {}
    for kind in Kind:
        numbers = [listing.no for listing in ours if listing.kind == kind]
        for number, choices in _best(snapshot, policy, kind, numbers):
            chosen[ids[number]] = choices
    among = literal(list({no for choices in chosen.values() for no, *_ in choices}), ARRAY(BigInteger))
    rows = {row.no: row for row in _rows(Listing.no == any_(among))}
    return {
        listing_id: [Counterpart(rows[no], rank, score / matching.SCORE_UNIT) for no, rank, score in choices]
        for listing_id, choices in chosen.items()
    }


def _best(
    snapshot: IndexSnapshot, policy: PolicyInForce, kind: Kind, numbers: list[int]
) -> Iterator[tuple[int, list[Choice]]]:
    """The number of each listing of a kind, and the best hit of each of its best enterprises."""
    field, today, rules = snapshot.sides[OTHER[kind]], day_number(clock.today()), policy.matching
    most, least = policy.body["push_top"], round(policy.body["push_threshold"] * matching.SCORE_UNIT)
    page = SEARCH_PAGE
    while numbers:
        seekers, ranges = snapshot.sides[kind].take(numbers)
        first_rows = np.sort(np.unique(seekers.key, return_index=True)[1])
        best = field.best_of_each(rules, seekers, today, k=page, ranges=ranges)
        owners = field.owners(np.unique(best.key[np.arange(page) < best.size[:, None]]).tolist())
        numbers = []
        for at, number in enumerate(seekers.key[first_rows].tolist()):
            scores = best.score[at, : best.size[at]]
            reaching = int(np.count_nonzero(scores >= least))
            choices = _first_of_each(best.key[at, :reaching].tolist(), scores.tolist(), owners, most)
            if len(choices) < most and reaching == page:
                numbers.append(number)
            else:
                yield number, choices
        page *= WIDER


def _first_of_each(keys: list[int], scores: list[int], owners: dict[int, int], most: int) -> list[Choice]:
    """The first hit of each of at most `most` enterprises."""
    chosen: dict[int, Choice] = {}
    for place, key in enumerate(keys):
        if len(chosen) == most:
            break
        if key in owners:  # another thread of the process may have taken it out of the index meanwhile
            chosen.setdefault(owners[key], (key, place + 1, scores[place]))
    return list(chosen.values())
