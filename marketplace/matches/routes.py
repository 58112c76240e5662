"""Matches: ranked, explained, given feedback; findings; the matching policy and the learned ranking."""

from datetime import date
from functools import partial
from uuid import UUID

from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, subject
from ..http.etags import etag
from ..http.languages import language, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Key, Page, PageQuery, each, page, page_until, position_of
from ..listings import service as listings
from ..listings.models import Listing
from ..messages import say, source_code
from . import service
from .models import Finding, RankingModel
from .schemas import (
    FeedbackRequestSchema,
    FeedbackSchema,
    FindingPage,
    FindingQuery,
    MatchPage,
    MatchQuery,
    PairingSchema,
    PolicySchema,
    PresetPage,
    RankingModelPage,
    RankingModelSchema,
)

blueprint = Blueprint("matches", __name__, description="Ranked lawful pairings, and why others are not.")


def _find_own_pair(caller: Actor, listing_id: UUID, other_id: UUID) -> tuple[Listing, Listing]:
    listing = listings.find_own(caller, listing_id)
    return listing, service.counterpart(caller, listing, other_id)


@blueprint.get("/listings/<uuid:listing_id>/matches")
@allow(*EVERY_KEY)
@subject(listings.find_governed)
@blueprint.query(MatchQuery)
@blueprint.response(200, MatchPage)
def list_matches(listing: Listing, query: Query) -> Json:
    """Lawful counterparts, best first, each with its score breakdown and its legal basis.

    The contributions add up to the score. The route below explains why a counterpart is missing here.
    `order` says what ranked them: the formula, which goes by the score, or, for a supply sorted by score, a
    ranking learned from the outcomes of earlier pairings, which rearranges the formula's best 200
    (`learned`).
    """
    position = position_of(query["cursor"], service.POSITION)
    cursor = service.PageCursor.read(position) if position else None
    ranked = service.ranking_page(actor(), listing, query, cursor)
    following = ranked.pop("cursor")
    items = [_match(item) for item in ranked["items"]]
    return {**ranked, **page_until(items, following.parts() if following else None)}


@blueprint.get("/listings/<uuid:listing_id>/matches/<uuid:other_id>")
@allow(*EVERY_KEY)
@subject(listings.find_governed)
@blueprint.response(200, PairingSchema)
def explain(listing: Listing, other_id: UUID) -> Json:
    """One pairing: the score breakdown if it is lawful, else every failed gate and the rule behind it.

    The gates and their reasons are listed at [/errors](/errors#gates).
    """
    pairing = service.explain(actor(), listing, other_id)
    failed = [_failed_gate(failure) for failure in pairing["failed_gates"]]
    return {**(_match(pairing) if pairing["lawful"] else pairing), "failed_gates": failed}


def _failed_gate(failure: Json) -> Json:
    gate, reason = failure["gate"], failure["reason"]
    return {
        "gate": gate,
        "reason": reason,
        "detail": say(f"why_{gate}_{reason}", language(), **failure["facts"]),
        "source": say(source_code(gate, reason), language(), law_of=failure["law_of"]),
    }


@blueprint.post("/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback")
@allow(ENTERPRISE, scope="listings:write")
@subject(_find_own_pair)
@may_conflict
@blueprint.body(FeedbackRequestSchema)
@blueprint.response(200, FeedbackSchema)
def give_feedback(pair: tuple[Listing, Listing], body: Body) -> Json:
    """Express interest in a pairing, or mark it as not suitable; mutual interest reveals the contacts."""
    return service.give_feedback(actor(), *pair, body["verdict"], body["reason"])


@blueprint.get("/findings")
@allow(*EVERY_KEY)
@blueprint.query(FindingQuery)
@blueprint.response(200, FindingPage)
def list_findings(query: Query) -> Page:
    """Open listings without any lawful counterpart, with the gate that stopped most."""
    rows = partial(service.search_findings, actor(), query["gate"])
    return page(query, rows, Key("listing_id"), each(_finding))


def _finding(row: Finding) -> Json:
    plain = {name: getattr(row, name) for name in ("listing_id", "gate", "stopped", "candidates", "at")}
    return {**plain, "detail": say(f"finding_{row.gate}", language())}


@blueprint.get("/matching-policy")
@allow(ADMIN)
@blueprint.response(200, PolicySchema, headers=VERSIONED)
def show_policy() -> Versioned:
    """The policy in force."""
    return _policy(service.policy_in_force())


@blueprint.put("/matching-policy")
@allow(ADMIN, scope="admin")
@subject(service.policy_in_force)
@blueprint.body(PolicySchema)
@blueprint.response(200, PolicySchema, headers=VERSIONED)
def publish_policy(_: service.PolicyInForce, body: Body, expected: int | None) -> Versioned:
    """Replace the policy; it applies from the next request on."""
    return _policy(service.publish_policy(actor(), body, expected))


def _policy(policy: service.PolicyInForce) -> Versioned:
    return {"version": policy.version, **policy.body}, etag(policy.version)


@blueprint.get("/matching-policy/presets")
@allow(ADMIN)
@blueprint.response(200, PresetPage)
def list_presets() -> Page:
    """Ready-made policies that can be put in force."""
    return page_until([{"name": name, "policy": body} for name, body in service.PRESETS.items()], None)


@blueprint.get("/ranking-models")
@allow(ADMIN, REGULATOR)
@blueprint.query(PageQuery)
@blueprint.response(200, RankingModelPage)
def list_ranking_models(query: Query) -> Page:
    """Every trained ranking model, newest first; the newest that is done decides whether it is used."""
    return page(query, service.search_models, Key("version", int), each(_model))


def _find_model(_: Actor, version: int) -> RankingModel:
    return service.find_model(version)


@blueprint.get("/ranking-models/<int:version>")
@allow(ADMIN, REGULATOR)
@subject(_find_model)
@blueprint.response(200, RankingModelSchema)
def show_ranking_model(model: RankingModel) -> Json:
    """The card of one model: its training data, its result on later data, and whether it is used."""
    return _model(model)


def _model(row: RankingModel) -> Json:
    names = ("version", "status", "used", "reason", "created_at", "trained_at")
    plain = {name: getattr(row, name) for name in names}
    detail = say(f"order_{row.reason}", language()) if row.reason else None
    return {**plain, "detail": detail, "card": _card(row.card) if row.card else None}


def _card(card: Json) -> Json:
    window, metrics = card["window"], card.get("metrics")
    return {
        **card,
        "window": window and {name: date.fromisoformat(day) for name, day in window.items()},
        "metrics": metrics and {"mrr": metrics["mrr"], "ndcg_at_10": metrics["ndcg@10"]},
    }


def _match(item: Json) -> Json:
    """A match with its reasons and warnings in the caller's language."""
    return {
        **item,
        "components": [
            {**part, "reason": say(f"component_{part['reason']}", language())} for part in item["components"]
        ],
        "warnings": render_warnings(item["warnings"]),
    }
