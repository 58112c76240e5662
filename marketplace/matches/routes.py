"""Matches: ranked, explained, given feedback; findings; the matching policy and the learned ranking."""

from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from typing import Any
from uuid import UUID

from flask import Response, stream_with_context

from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import FILE, Blueprint, Body, Json, Query, Versioned, attachment, subject
from ..http.etags import etag
from ..http.languages import language, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Key, Page, PageQuery, cut, each, page, page_until, position_of
from ..listings import service as listings
from ..listings.models import Listing
from ..messages import say
from . import service
from .models import RankingModel
from .schemas import (
    AllMatchesExportQuery,
    AllMatchesPage,
    AllMatchesQuery,
    FeedbackRequestSchema,
    FeedbackSchema,
    FindingPage,
    FindingQuery,
    InterestPage,
    InterestQuery,
    ManyFeedbackRequestSchema,
    ManyFeedbackSchema,
    MatchExportQuery,
    MatchPage,
    MatchQuery,
    PairingSchema,
    PolicyPreviewSchema,
    PolicySchema,
    PresetPage,
    RankingModelPage,
    RankingModelSchema,
    counterpart_json,
)

blueprint = Blueprint("matches", __name__, description="Ranked lawful pairings, and why others are not.")


CSV, XLSX = service.MEDIA_TYPES["csv"].partition(";")[0], service.MEDIA_TYPES["xlsx"]


def _find_own_pair(caller: Actor, listing_id: UUID, other_id: UUID) -> tuple[Listing, Listing]:
    listing = listings.find_own(caller, listing_id)
    return listing, service.counterpart(caller, listing, other_id)


@blueprint.get("/listings/<uuid:listing_id>/matches")
@allow(*EVERY_KEY)
@subject(listings.find_ranked)
@blueprint.query(MatchQuery)
@blueprint.response(200, MatchPage)
def list_matches(listing: Any, query: Query) -> Json:
    """Lawful counterparts, best first, each with its score breakdown and its legal basis.

    The contributions add up to the score. The route below explains why a counterpart is missing here.
    `order` says what ranked them: the formula, which goes by the score, or, for a supply sorted by score, a
    ranking learned from the outcomes of earlier pairings, which rearranges the formula's best 200
    (`learned`).
    """
    paged = {name: value for name, value in query.items() if name != "near_misses"}  # the first page has them
    position = position_of(paged, service.POSITION)
    cursor = service.PageCursor.read(position) if position else None
    ranked = service.ranking_page(actor(), listing, query, cursor)
    following, near = ranked.pop("cursor"), ranked.pop("near_misses")
    items = _matches(ranked["items"])
    ranked["near_misses"] = None if near is None else service.say_near_misses(near)
    return {**ranked, **page_until(paged, items, following.parts() if following else None)}


@blueprint.get("/listings/<uuid:listing_id>/matches/export")
@allow(*EVERY_KEY)
@subject(listings.find_ranked)
@blueprint.query(MatchExportQuery)
@blueprint.response(200, FILE, content_type=CSV)
@blueprint.alt_response(200, schema=FILE, content_type=XLSX)
def export_matches(listing: Listing, query: Query) -> Response:
    """All matches of a listing as a file, with the contacts that mutual interest has released."""
    return _file(service.export_matches(actor(), listing, query, language()), query["format"])


@blueprint.get("/matches")
@allow(ENTERPRISE)
@blueprint.query(AllMatchesQuery)
@blueprint.response(200, AllMatchesPage)
def list_all_matches(query: Query) -> Json:
    """The matches of all your open listings in one ranking, best first by the formula."""
    after = position_of(query, service.ALL_POSITION)
    page = service.all_matches(actor(), query, after)
    end = page.pop("cursor")
    return {**page, **page_until(query, _matches(page["items"]), end)}


@blueprint.get("/matches/export")
@allow(ENTERPRISE)
@blueprint.query(AllMatchesExportQuery)
@blueprint.response(200, FILE, content_type=CSV)
@blueprint.alt_response(200, schema=FILE, content_type=XLSX)
def export_all_matches(query: Query) -> Response:
    """The matches of all your open listings as a file."""
    return _file(service.export_all_matches(actor(), query, language()), query["format"])


def _file(pieces: Iterator[bytes], kind: str) -> Response:
    return attachment(stream_with_context(pieces), service.MEDIA_TYPES[kind], f"huanliu-matches.{kind}")


@blueprint.post("/matches/feedback")
@allow(ENTERPRISE, scope="listings:write")
@blueprint.body(ManyFeedbackRequestSchema)
@blueprint.response(200, ManyFeedbackSchema)
def give_many_verdicts(body: Body) -> Json:
    """Answer up to 100 pairings at once; each has a result of its own, and one refusal stops no other."""
    return {"items": [_verdict(result) for result in service.give_many(actor(), body["items"])]}


def _verdict(result: Json) -> Json:
    refusal = result.pop("refusal", None)
    if refusal is None:
        return {**result, "status": 200, "code": None, "detail": None}
    return {
        **result,
        "status": refusal.status,
        "code": refusal.code,
        "detail": say(refusal.code, language(), **refusal.facts),
        "mutual": None,
    }


@blueprint.get("/listings/<uuid:listing_id>/matches/<uuid:other_id>")
@allow(*EVERY_KEY)
@subject(listings.find_governed)
@blueprint.response(200, PairingSchema)
def explain(listing: Listing, other_id: UUID) -> Json:
    """One pairing: the score breakdown if it is lawful, else every failed gate and the rule behind it.

    The gates and their reasons are listed at [/errors](/errors#gates).
    """
    pairing = service.explain(actor(), listing, other_id)
    failed = [service.say_failed_gate(failure) for failure in pairing["failed_gates"]]
    if pairing["lawful"]:
        (shown,) = _matches([pairing])
    else:
        other, warnings = counterpart_json(pairing["listing"]), render_warnings(pairing["warnings"])
        shown = {**pairing, "listing": other, "warnings": warnings}
    return {**shown, "failed_gates": failed}


@blueprint.post("/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback")
@allow(ENTERPRISE, scope="listings:write")
@subject(_find_own_pair)
@may_conflict
@blueprint.body(FeedbackRequestSchema)
@blueprint.response(200, FeedbackSchema)
def give_feedback(pair: tuple[Listing, Listing], body: Body) -> Json:
    """Express interest in a pairing, or mark it as not suitable; mutual interest reveals the contacts.

    The other side is notified of your interest (`match.interest`), never of the rest.
    """
    return service.give_feedback(actor(), *pair, body["verdict"], body["reason"])


@blueprint.delete("/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback")
@allow(ENTERPRISE, scope="listings:write")
@subject(_find_own_pair)
@blueprint.response(204)
def take_back_feedback(pair: tuple[Listing, Listing]) -> None:
    """Take back what you answered; contacts that mutual interest has revealed stay with both sides."""
    listing, other = pair
    service.take_back(actor(), listing, other.id)


@blueprint.get("/interests")
@allow(ENTERPRISE)
@blueprint.query(InterestQuery)
@blueprint.response(200, InterestPage)
def list_interests(query: Query) -> Page:
    """The pairings in which you, the other side, or both are interested, newest first.

    `mutual` ones stay, with the contact, whatever either side answers or closes later; others are listed
    while both listings can be matched.
    """
    after = position_of(query, service.INTEREST_POSITION)
    rows = service.search_interests(actor(), query["state"], query["listing_id"], after, query["limit"] + 1)
    return cut(query, rows, service.interest_position, partial(service.present_interests, actor()))


@blueprint.get("/findings")
@allow(*EVERY_KEY)
@blueprint.query(FindingQuery)
@blueprint.response(200, FindingPage)
def list_findings(query: Query) -> Page:
    """Open listings without any lawful counterpart, with the gate that stops most and what would open it.

    Nothing is stored: each response is judged by what is the case now. A page may be short, and go on at
    `next`, where many listings have counterparts.
    """
    position = position_of(query, (UUID,))
    after = position[0] if position else None
    found, end = service.search_findings(actor(), query["gate"], after, query["limit"])
    return page_until(query, [_finding(row) for row in found], [end] if end else None)


def _finding(row: Json) -> Json:
    detail = say(f"finding_{row['gate']}_{row['reason']}", language())
    return {**row, "detail": detail, "near_misses": service.say_near_misses(row["near_misses"])}


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


@blueprint.post("/matching-policy/preview")
@allow(ADMIN)
@blueprint.body(PolicySchema)
@blueprint.response(200, PolicyPreviewSchema)
def preview_policy(body: Body) -> Json:
    """Who would move by a policy that is not in force, among the first counterparts of ten real supplies;
    writes nothing."""
    return service.preview_policy(actor(), body)


@blueprint.get("/matching-policy/presets")
@allow(ADMIN)
@blueprint.response(200, PresetPage)
def list_presets() -> Page:
    """Ready-made policies that can be put in force."""
    return {"items": [{"name": name, "policy": body} for name, body in service.PRESETS.items()], "next": None}


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


def _matches(items: list[Json]) -> list[Json]:
    """Matches as the response has them, in the caller's language; each sentence is made once.

    They are as `MatchSchema` writes them, and written here, in place: a page has 400 values.
    """
    lang = language()
    reason = cache(lambda code: say(f"component_{code}", lang))
    detail = cache(lambda code, day: say(code, lang, law_of=day))
    for item in items:
        for part in item["components"]:
            part["reason"] = reason(part["reason"])
        item["warnings"] = [
            {"code": notice.code, "field": None, "detail": detail(notice.sentence, notice.facts["law_of"])}
            for notice in item["warnings"]
        ]
        item["listing"] = counterpart_json(item["listing"])
    return items
