"""Ranked answers, explanations, and the review that a push starts from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

import matching
from matching import Basis, Ranking, Warn

from ... import clock
from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...enterprises.models import EnterpriseStatus
from ...errors import NotFound, Notice
from ...events.actor import REGULATOR, Actor
from ...events.work import Work
from ...extensions import db
from ...licences import service as licences
from ...listings import service as listings
from ...listings.models import Kind, Listing, Status
from ..models import Finding
from . import feed, ordering, policy
from .feed import World
from .feedback import mutual_others, verdicts
from .ordering import Turn

ALIVE = (Status.DRAFT, Status.OPEN)
REVIEW_PAGE = 100
SHORTLIST = 500
"""How many listings with the best bounds are read in full before all are."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One lawful counterpart in a ranking; the figures are matching's."""

    rank: int
    listing_id: UUID
    score: int
    values: tuple[int, ...]
    distance_km: float
    basis: Basis
    permit_id: UUID | None
    accepted: int
    warnings: Warn
    code: matching.Code
    learned: int | None = None
    """By the learned order, in 1e-6, where one ordered it."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Who a push may tell of a listing: their enterprise and listing, and how the pairing ranked."""

    enterprise: Any
    listing: Listing
    rank: int
    score: float


# ---------------------------------------------------------------- serving


def ranked(actor: Actor, listing: Listing, query: dict[str, Any], turn: Turn | None) -> dict[str, Any]:
    """One page of lawful counterparts of a listing, best first, each with its score explained.

    Nothing is shown for a closed listing, nor to one whose enterprise is not approved.
    """
    now = policy.in_force()
    owner = enterprises.by_id({listing.enterprise_id})[listing.enterprise_id]
    order = ordering.choose(listing, now, query["sort"], turn)
    answer: dict[str, Any] = {"policy_version": now.version, "order": order.named, "as_of": clock.now()}
    if listing.status not in ALIVE or owner.status != EnterpriseStatus.APPROVED:
        return {**answer, "total": 0, "items": [], "turn": None}
    search = Search.of(listing, now.matching, clock.today(), query["sort"], query["min_score"])
    page = order.page(search.found, query["limit"], turn)
    items = _items(listing, page.hits, now.matching)
    return {**answer, "total": page.total, "items": items, "turn": page.next}


@dataclass(frozen=True, slots=True)
class Search:
    """The lawful counterparts of one listing, page by page.

    Most listings are known by a sketch and its bound only; those with the best bounds are read in full, and
    where that does not settle the page, all that could stand in it. So a page costs two rounds at most.
    """

    policy: matching.Policy
    today: date
    sort: matching.Sort
    min_score: float
    sketch: feed.Sketch
    bounds: matching.Bounds

    @classmethod
    def of(
        cls, listing: Listing, now: matching.Policy, today: date, sort: matching.Sort, min_score: float
    ) -> "Search":
        """A search among all open listings whose codes fit."""
        sketch = feed.sketch_of(listing, credit=sort == "credit")
        bounds = matching.bounds(
            now, sketch.side, sketch.supplies, sketch.demands, sketch.book, feed.days(today), sort=sort
        )
        return cls(now, today, sort, min_score, sketch, bounds)

    def page(self, k: int, done: int, after: matching.Position | None) -> tuple[World, Ranking, int | None]:
        """`k` hits after the `done` ones up to `after`, and how many there are in all if that is known."""
        keys = self.bounds.first(SHORTLIST + done)
        world, ranking = self._ranked(keys, k, after)
        if len(keys) == len(self.bounds):
            return world, ranking, ranking.total
        rivals = self.bounds.rivals(ranking.position(-1) if ranking.more else None, self.min_score)
        if not np.isin(rivals, keys).all():
            world, ranking = self._ranked(rivals, k, after)
        return world, ranking, ranking.total if len(rivals) == len(self.bounds) else None

    def found(
        self, k: int, done: int, after: matching.Position | None
    ) -> tuple[Sequence[Hit], matching.Position | None, int | None]:
        """The hits of a page, the position of the last if more follow, and how many there are in all."""
        world, ranking, total = self.page(k, done, after)
        return list(_hits(world, ranking, done)), ranking.position(-1) if ranking.more else None, total

    def stopped(self) -> tuple[int, dict[str, int]]:
        """How many listings there are whose codes fit, and how many of them each gate stops."""
        world, ranking = self._ranked(None, 0, None)
        return len(np.unique(world.field.key)), dict(ranking.stopped)

    def _ranked(
        self, keys: np.ndarray | None, k: int, after: matching.Position | None
    ) -> tuple[World, Ranking]:
        world = self.sketch.world(self.today, keys)
        how = {"sort": self.sort, "min_score": self.min_score, "after": after}
        return world, _rank(self.policy, world, self.today, k, **how)


def _rank(now: matching.Policy, world: World, today: date, k: int, **how: Any) -> Ranking:
    """The `k` best of a world's field for its seeker."""
    if world.seeker == Kind.SUPPLY:
        seeker, field, rank = world.supplies, world.demands, matching.rank_demands
    else:
        seeker, field, rank = world.demands, world.supplies, matching.rank_supplies  # type: ignore[assignment]
    return rank(now, seeker, field, world.tables, feed.days(today), k=k, **how)  # type: ignore[arg-type]


def _hits(world: World, ranking: Ranking, done: int) -> Iterator[Hit]:
    for number in range(len(ranking)):
        row, permit = int(ranking.rows[number]), int(ranking.permits[number])
        code = world.supplies.code[0 if world.seeker == Kind.SUPPLY else row]
        yield Hit(
            rank=done + number + 1,
            listing_id=world.listing_id(row),
            score=int(ranking.scores[number]),
            values=tuple(ranking.values[number].tolist()),
            distance_km=float(ranking.distance_km[number]),
            basis=Basis(int(ranking.basis[number])),
            permit_id=world.permit_id(permit) if permit >= 0 else None,
            accepted=int(ranking.accepted[number]),
            warnings=Warn(int(ranking.warnings[number])),
            code=world.tables.book[int(code)],
        )


def _items(listing: Listing, hits: Sequence[Hit], now: matching.Policy) -> list[dict[str, Any]]:
    """Hits as the API shows them; everything they name is fetched together."""
    ids = {hit.listing_id for hit in hits}
    others = listings.by_id(ids)
    owners = enterprises.by_id({other.enterprise_id for other in others.values()})
    references = licences.references(hit.permit_id for hit in hits if hit.permit_id)
    said = verdicts(listing.id, ids)
    mutual = mutual_others(listing.id, ids)
    items = []
    for hit in hits:
        other = others[hit.listing_id]
        owner = owners[other.enterprise_id]
        item = _item(listing, other, owner, hit, now, references)
        item["feedback"] = said.get(other.id)
        if hit.learned is not None:
            item["learned"] = hit.learned / matching.LEARNED_UNIT
        if other.id in mutual:
            item["contact"] = enterprises.contact_of(owner)
        items.append(item)
    return items


def _item(
    listing: Listing, other: Listing, owner: Any, hit: Hit, now: matching.Policy, references: dict[UUID, str]
) -> dict[str, Any]:
    demand = other if listing.kind == Kind.SUPPLY else listing
    return {
        "rank": hit.rank,
        "score": hit.score / matching.SCORE_UNIT,
        "listing": {
            **{
                name: getattr(other, name)
                for name in ("id", "kind", "title", "region", "remaining_kg", "price_fen")
            },
            "enterprise": {"id": owner.id, "name": owner.name, "grade": owner.grade},
        },
        "distance_km": round(matching.geodesic_km(listing.lat, listing.lon, other.lat, other.lon), 6),
        "legal_basis": {
            "kind": hit.basis.name.lower(),
            "reference": _reference(hit, demand, references),
            "edition": hit.code.edition,
        },
        "components": _components(listing, other, owner, hit, now),
        "warnings": [Notice(name) for name in hit.warnings.names],
    }


def _reference(hit: Hit, demand: Listing, references: dict[UUID, str]) -> str | None:
    if hit.basis == Basis.EXEMPT:
        return f"《危险废物豁免管理清单》第{demand.exemption_item}项"
    return references[hit.permit_id] if hit.permit_id else None


def _components(
    listing: Listing, other: Listing, owner: Any, hit: Hit, now: matching.Policy
) -> list[dict[str, Any]]:
    supply, demand = (listing, other) if listing.kind == Kind.SUPPLY else (other, listing)
    priced = supply.price_fen is not None and demand.price_fen is not None
    shared = min(supply.available_until, demand.available_until) - max(
        supply.available_from, demand.available_from
    )
    facts: dict[str, tuple[float | None, str | None, str]] = {
        "code": (None, None, _code_reason(hit)),
        "distance": (hit.distance_km, "km", "distance"),
        "credit": (owner.credit_milli / 1000, "points", "credit"),
        "price": (
            ((demand.price_fen or 0) - (supply.price_fen or 0)) / 100 if priced else None,
            "CNY/t",
            "price_gap" if priced else "price_open",
        ),
        "quantity": (min(supply.remaining_kg, demand.remaining_kg) / 1000, "t", "quantity"),
        "time": (float(shared.days + 1), "days", "time"),
    }
    rows = []
    for number, name in enumerate(matching.COMPONENTS):
        raw, unit, reason = facts[name]
        value, weight = hit.values[number], now.weights[number]
        rows.append(
            {
                "name": name,
                "value": value / matching.VALUE_UNIT,
                "weight": weight / 1_000_000,
                "contribution": value * weight / matching.SCORE_UNIT,
                "raw": raw,
                "unit": unit,
                "reason": reason,
            }
        )
    return rows


def _code_reason(hit: Hit) -> str:
    factor = hit.code.aliases.get(hit.accepted, 0.0)
    if factor == 1.0:
        return "code_same"
    return "code_category" if factor == matching.CATEGORY_FACTOR else "code_mapped"


# ---------------------------------------------------------------- explaining


def lawful_among(listing: Listing, others: Sequence[Listing]) -> set[UUID]:
    """Which pairings of a listing with these of the other side are lawful today, by the others' ids."""
    today = clock.today()
    world = feed.facing(listing, others, alive_on=today)
    ranking = _rank(policy.in_force().matching, world, today, len(others))
    return {world.listing_id(int(row)) for row in ranking.rows}


def score_of(listing: Listing, other: Listing) -> float:
    """The score of one pairing as the owner of `listing` sees it, lawful or not."""
    return _judge(policy.in_force().matching, feed.pair_of(listing, other)).score / matching.SCORE_UNIT


def _judge(now: matching.Policy, world: World) -> matching.Pairing:
    today = feed.days(clock.today())
    seeker: Any = world.seeker
    return matching.explain(now, world.supplies, world.demands, world.tables, today, seeker=seeker)


def explain(actor: Actor, listing: Listing, other_id: UUID) -> dict[str, Any]:
    """One pairing with any open counterpart: its item if it is lawful, else all gates that it fails.

    Raises:
        NotFound: there is no such open listing of the other side.
    """
    other = counterpart(actor, listing, other_id)
    now = policy.in_force()
    world = feed.pair_of(listing, other)
    pairing = _judge(now.matching, world)
    head = {"lawful": pairing.lawful, "policy_version": now.version, "as_of": clock.now()}
    if pairing.lawful:
        hit = _hit_of(world, pairing, other.id)
        (item,) = _items(listing, [hit], now.matching)
        return {**head, "failed_gates": [], **{name: part for name, part in item.items() if name != "rank"}}
    return {**head, "failed_gates": [_failure(one, world, listing, other) for one in pairing.failed]}


def counterpart(actor: Actor, listing: Listing, other_id: UUID) -> Listing:
    """The open listing of the other side that a pairing names. Raises: NotFound."""
    if actor.enterprise_id is not None and actor.status != EnterpriseStatus.APPROVED:
        raise NotFound()
    return listings.find_open(other_id, Kind.DEMAND if listing.kind == Kind.SUPPLY else Kind.SUPPLY)


def _hit_of(world: World, pairing: matching.Pairing, other_id: UUID) -> Hit:
    return Hit(
        rank=1,
        listing_id=other_id,
        score=pairing.score,
        values=pairing.values,
        distance_km=pairing.distance_km,
        basis=pairing.basis,
        permit_id=world.permit_id(pairing.permit) if pairing.permit >= 0 else None,
        accepted=pairing.accepted,
        warnings=pairing.warnings,
        code=world.tables.book[int(world.supplies.code[0])],
    )


def _failure(failure: matching.Failure, world: World, listing: Listing, other: Listing) -> dict[str, Any]:
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
        permit_id = world.permit_id(int(facts["permit"]))
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


def review(work: Work, listing: Listing) -> list[Counterpart]:
    """Who should be told of a new or changed listing: the best `push_top` enterprises over the threshold.

    A listing without any lawful counterpart is noted as a finding, with the gate that stopped most.
    """
    now = policy.in_force()
    search = Search.of(listing, now.matching, clock.today(), "score", now.body["push_threshold"])
    chosen: dict[UUID, Counterpart] = {}
    done, position = 0, None
    while True:
        world, ranking, total = search.page(REVIEW_PAGE, done, position)
        if position is None:
            _note_finding(work, listing, search, lawful=total != 0)
        _choose(chosen, list(_hits(world, ranking, done)), now.body["push_top"])
        if not ranking.more or len(chosen) >= now.body["push_top"]:
            return list(chosen.values())
        done, position = done + len(ranking), ranking.position(-1)


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
        select(Finding).join(Listing, Listing.id == Finding.listing_id).where(Listing.status == Status.OPEN)
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
