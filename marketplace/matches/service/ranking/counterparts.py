"""Ranked pages, explanations, and the choice of whom a push may notify."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

import matching
from matching import Ranking

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import EnterpriseStatus
from ....errors import NotFound
from ....events.actor import REGULATOR, Actor
from ....events.work import Work
from ....licences import service as licences
from ....listings import service as listings
from ....listings.models import Kind, Listing, ListingStatus
from ...models import Finding
from ..policy import policy_in_force
from . import formula_or_learned, match_input
from .formula_or_learned import PageCursor
from .hits import Hit, HitSlice, uuid_of
from .live_index import live
from .match_input import MatchInput
from .match_presentation import present_hits

ALIVE = (ListingStatus.DRAFT, ListingStatus.OPEN)
REVIEW_PAGE = 100
SHORTLIST = 500
"""How many listings with the best bounds are read in full before all are."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Who a push may tell of a listing: their enterprise and listing, and how the pairing ranked."""

    enterprise: Any
    listing: Listing
    rank: int
    score: float


# ---------------------------------------------------------------- serving


def ranking_page(
    actor: Actor, listing: Listing, query: dict[str, Any], cursor: PageCursor | None
) -> dict[str, Any]:
    """One page of lawful counterparts of a listing, best first, each with its score explained.

    Nothing is shown for a closed listing, nor to one whose enterprise is not approved.
    """
    policy = policy_in_force()
    order = formula_or_learned.choose(listing, policy, query["sort"], cursor)
    answer: dict[str, Any] = {"policy_version": policy.version, "order": order.named, "as_of": clock.now()}
    if listing.status not in ALIVE or not enterprises.may_trade(listing.enterprise_id):
        return {**answer, "total": 0, "items": [], "cursor": None}
    page = order.page(_finder(listing, policy.matching, query), query["limit"], cursor)
    items = present_hits(listing, page.hits, policy.matching, page.book)
    return {**answer, "total": page.total, "items": items, "cursor": page.next}


def _finder(listing: Listing, policy: matching.Policy, query: dict[str, Any]) -> formula_or_learned.Find:
    """By score from memory; in another order, or while memory is being filled, from the database."""
    sort, least = query["sort"], query["min_score"]

    def find(k: int, done: int, after: matching.Position | None) -> HitSlice:
        found = None
        if sort == "score":
            found = live().find(policy, listing, k=k, done=done, min_score=least, after=after)
        return found or Search.of(listing, policy, clock.today(), sort, least).find(k, done, after)

    return find


@dataclass(frozen=True, slots=True)
class Search:
    """The lawful counterparts of one listing, page by page.

    Most listings are known by an outline and its bound only; those with the best bounds are read in full, and
    where that does not settle the page, all that could stand in it. So a page costs two rounds at most.
    """

    policy: matching.Policy
    today: date
    sort: matching.Sort
    min_score: float
    outline: match_input.Outline
    bounds: matching.Bounds

    @classmethod
    def of(
        cls, listing: Listing, policy: matching.Policy, today: date, sort: matching.Sort, min_score: float
    ) -> "Search":
        """A search among all open listings whose codes fit."""
        outline = match_input.outline_of(listing, credit=sort == "credit")
        bounds = matching.bounds(
            policy,
            outline.side,
            outline.supplies,
            outline.demands,
            outline.book,
            match_input.days(today),
            sort=sort,
        )
        return cls(policy, today, sort, min_score, outline, bounds)

    def find(self, k: int, done: int, after: matching.Position | None) -> HitSlice:
        """`k` hits after the `done` ones up to `after`."""
        keys = self.bounds.first(SHORTLIST + done)
        inputs, ranking = self._ranked(keys, k, after)
        if len(keys) == len(self.bounds):
            return HitSlice.of(ranking, inputs.tables, done, ranking.total)
        rivals = self.bounds.rivals(ranking.position(-1) if ranking.more else None, self.min_score)
        if not np.isin(rivals, keys).all():
            inputs, ranking = self._ranked(rivals, k, after)
        total = ranking.total if len(rivals) == len(self.bounds) else None
        return HitSlice.of(ranking, inputs.tables, done, total)

    def stopped(self) -> tuple[int, dict[str, int]]:
        """How many listings there are whose codes fit, and how many of them each gate stops."""
        inputs, ranking = self._ranked(None, 0, None)
        return len(np.unique(inputs.field.key)), dict(ranking.stopped)

    def _ranked(
        self, keys: np.ndarray | None, k: int, after: matching.Position | None
    ) -> tuple[MatchInput, Ranking]:
        inputs = self.outline.with_tables(self.today, keys)
        how = {"sort": self.sort, "min_score": self.min_score, "after": after}
        return inputs, _rank(self.policy, inputs, self.today, k, **how)


def _rank(policy: matching.Policy, inputs: MatchInput, today: date, k: int, **how: Any) -> Ranking:
    """The `k` best of the field for its seeker."""
    if inputs.seeker == Kind.SUPPLY:
        seeker, field, rank = inputs.supplies, inputs.demands, matching.rank_demands
    else:
        seeker, field, rank = inputs.demands, inputs.supplies, matching.rank_supplies  # type: ignore[assignment]
    return rank(policy, seeker, field, inputs.tables, match_input.days(today), k=k, **how)  # type: ignore[arg-type]


# ---------------------------------------------------------------- explaining


def lawful_among(listing: Listing, others: Sequence[Listing]) -> set[UUID]:
    """Which pairings of a listing with these of the other side are lawful today, by the others' ids."""
    today = clock.today()
    inputs = match_input.facing(listing, others, alive_on=today)
    ranking = _rank(policy_in_force().matching, inputs, today, len(others))
    return {hit.listing_id for hit in HitSlice.of(ranking, inputs.tables, 0, None).hits}


def score_of(listing: Listing, other: Listing) -> float:
    """The score of one pairing as the owner of `listing` sees it, lawful or not."""
    return _judge(policy_in_force().matching, match_input.pair_of(listing, other)).score / matching.SCORE_UNIT


def _judge(policy: matching.Policy, inputs: MatchInput) -> matching.Pairing:
    today = match_input.days(clock.today())
    seeker: Any = inputs.seeker
    return matching.explain(policy, inputs.supplies, inputs.demands, inputs.tables, today, seeker=seeker)


def explain(actor: Actor, listing: Listing, other_id: UUID) -> dict[str, Any]:
    """One pairing with any open counterpart: its item if it is lawful, else all gates that it fails.

    Raises:
        NotFound: there is no such open listing of the other side.
    """
    other = counterpart(actor, listing, other_id)
    policy = policy_in_force()
    inputs = match_input.pair_of(listing, other)
    pairing = _judge(policy.matching, inputs)
    head = {"lawful": pairing.lawful, "policy_version": policy.version, "as_of": clock.now()}
    if pairing.lawful:
        hit = _hit_of(inputs, pairing, other.id)
        (item,) = present_hits(listing, [hit], policy.matching, inputs.tables.book)
        return {**head, "failed_gates": [], **{name: part for name, part in item.items() if name != "rank"}}
    return {**head, "failed_gates": [_failure(one, inputs, listing, other) for one in pairing.failed]}


def counterpart(actor: Actor, listing: Listing, other_id: UUID) -> Listing:
    """The open listing of the other side that a pairing names. Raises: NotFound."""
    if actor.enterprise_id is not None and actor.status != EnterpriseStatus.APPROVED:
        raise NotFound()
    return listings.find_open(other_id, Kind.DEMAND if listing.kind == Kind.SUPPLY else Kind.SUPPLY)


def _hit_of(inputs: MatchInput, pairing: matching.Pairing, other_id: UUID) -> Hit:
    return Hit(
        rank=1,
        listing_id=other_id,
        score=pairing.score,
        values=pairing.values,
        distance_km=pairing.distance_km,
        basis=pairing.basis,
        permit_id=_permit_id(inputs, pairing.permit) if pairing.permit >= 0 else None,
        warnings=pairing.warnings,
    )


def _permit_id(inputs: MatchInput, row: int) -> UUID:
    permits = inputs.tables.permits
    return uuid_of(permits.id_hi[row], permits.id_lo[row])


def _failure(
    failure: matching.Failure, inputs: MatchInput, listing: Listing, other: Listing
) -> dict[str, Any]:
    """A failed gate with the facts its sentence needs, in the units and names that people read."""
    facts = dict(failure.facts)
    for name in [name for name in facts if name.endswith("_kg")]:
        facts[f"{name[:-3]}_t"] = f"{float(facts[name]) / 1000:g}"
    for name in [name for name in facts if name.endswith("_fen")]:
        facts[f"{name[:-4]}_cny"] = f"{float(facts[name]) / 100:g}"
    for name in [name for name in facts if name.endswith("_km")]:
        facts[name] = f"{float(facts[name]):.1f}"
    for name in [name for name in facts if name.endswith("_province")]:
        facts[name] = catalogue.find_region(int(facts[name]) * 10_000).name_zh
    if "permit" in facts:
        permit_id = _permit_id(inputs, int(facts["permit"]))
        facts["reference"] = licences.references([permit_id])[permit_id]
    if "component" in facts:
        facts["component"] = _component_out_of_range(listing, other)
    return {"gate": failure.gate, "reason": failure.reason, "facts": facts}


def _component_out_of_range(listing: Listing, other: Listing) -> str:
    supply, demand = (listing, other) if listing.kind == Kind.SUPPLY else (other, listing)
    stated = {(one["component"].lower(), one["unit"].lower()): one for one in supply.composition}
    for need in demand.requires:
        has = stated.get((need["component"].lower(), need["unit"].lower()))
        if has and (_below(has["max"], need["min"]) or _below(need["max"], has["min"])):
            return str(need["component"])
    return ""


def _below(high: float | None, low: float | None) -> bool:
    return high is not None and low is not None and high < low


# ---------------------------------------------------------------- reviewing for the push


def choose_push_candidates(work: Work, listing: Listing) -> list[Counterpart]:
    """Who should be told of a new or changed listing: the best `push_top` enterprises over the threshold.

    A listing without any lawful counterpart is noted as a finding, with the gate that stopped most.
    """
    policy = policy_in_force()
    search = Search.of(listing, policy.matching, clock.today(), "score", policy.body["push_threshold"])
    chosen: dict[UUID, Counterpart] = {}
    done, position = 0, None
    while True:
        page = search.find(REVIEW_PAGE, done, position)
        if position is None:
            _note_finding(work, listing, search, lawful=page.total != 0)
        _choose(chosen, page.hits, policy.body["push_top"])
        if page.last is None or len(chosen) >= policy.body["push_top"]:
            return list(chosen.values())
        done, position = done + len(page.hits), page.last


def _choose(chosen: dict[UUID, Counterpart], hits: Sequence[Hit], most: int) -> None:
    rows = listings.by_id({hit.listing_id for hit in hits})
    owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
    for hit in hits:
        row = rows[hit.listing_id]
        if len(chosen) < most and row.enterprise_id not in chosen:
            chosen[row.enterprise_id] = Counterpart(
                owners[row.enterprise_id], row, hit.rank, hit.score / matching.SCORE_UNIT
            )


def _note_finding(work: Work, listing: Listing, search: Search, *, lawful: bool) -> None:
    if lawful:
        work.session.execute(delete(Finding).where(Finding.listing_id == listing.id))
        return
    candidates, counts = search.stopped()
    stopped = {gate: count for gate, count in counts.items() if count and gate != "self"}
    gate = max(stopped, key=lambda name: stopped[name], default="code")
    values = {
        "listing_id": listing.id,
        "gate": gate,
        "stopped": stopped,
        "candidates": candidates,
        "at": clock.now(),
    }
    work.session.execute(
        insert(Finding).values(values).on_conflict_do_update(index_elements=["listing_id"], set_=values)
    )


def search_findings(actor: Actor, gate: str | None, after: UUID | None, limit: int) -> Sequence[Finding]:
    """Findings of open listings of the actor's own or under its oversight, newest listing first."""
    query = (
        select(Finding)
        .join(Listing, Listing.id == Finding.listing_id)
        .where(Listing.status == ListingStatus.OPEN)
    )
    if actor.kind == REGULATOR:
        query = query.where(catalogue.within(Listing.region, actor.region or 0))
    elif not actor.is_admin:
        query = query.where(Listing.enterprise_id == actor.id)
    if gate:
        query = query.where(Finding.gate == gate)
    if after is not None:
        query = query.where(Finding.listing_id < after)
    return db.session.scalars(query.order_by(Finding.listing_id.desc()).limit(limit)).all()
