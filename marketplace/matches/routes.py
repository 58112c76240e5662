"""Matches over HTTP: ranked, explained, answered to; and the policy they are ranked by."""

from datetime import date
from uuid import UUID

from flask import g

from ..events.actor import ADMIN, ENTERPRISE, REGULATOR
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, subject
from ..http.etags import etag
from ..http.languages import language, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.paging import PageQuery, cursor_of, position_of
from ..listings import service as listings
from ..messages import say
from . import service
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

blueprint = Blueprint("matches", __name__, description="Ranked lawful pairings, and why not.")


def _find(asker, listing_id, **_):
    return listings.find_governed(asker, listing_id)


def _find_pair(asker, listing_id, other_id):
    listing = listings.find_own(asker, listing_id)
    return service.counterpart(asker, listing, other_id)


@blueprint.get("/listings/<uuid:listing_id>/matches")
@allow(*EVERY_KEY)
@subject(_find)
@blueprint.query(MatchQuery)
@blueprint.response(200, MatchPage)
@blueprint.problems(404)
def list_matches(query, listing_id):
    """Lawful counterparts, best first, each with its score in parts and its legal basis.

    The contributions of the parts add up to the score. Who is missing here is explained by the route below.
    `order` says who ordered them: the formula, which goes by the score, or, for a supply sorted by score, an
    order learned from what became of pairings: it puts the formula's best 200 in another order (`learned`).
    """
    position = position_of(query["cursor"], service.POSITION)
    answer = service.ranking_page(
        actor(), g.subject, query, service.PageCursor.read(position) if position else None
    )
    cursor = answer.pop("cursor")
    items = [_spoken(item) for item in answer["items"]]
    return {**answer, "items": items, "next": cursor_of(cursor.parts()) if cursor else None}


@blueprint.get("/listings/<uuid:listing_id>/matches/<uuid:other_id>")
@allow(*EVERY_KEY)
@subject(_find)
@blueprint.response(200, PairingSchema)
@blueprint.problems(404)
def explain(listing_id, other_id):
    """One pairing, lawful or not: its score in parts, or every gate that it fails and the rule behind it.

    The gates and their reasons are listed at [/errors](/errors#gates).
    """
    answer = service.explain(actor(), g.subject, other_id)
    failed = [
        {
            "gate": one["gate"],
            "reason": one["reason"],
            "detail": say(f"why_{one['gate']}_{one['reason']}", language(), **one["facts"]),
            "source": say(f"source_{one['gate']}", language()),
        }
        for one in answer["failed_gates"]
    ]
    return {**(_spoken(answer) if answer["lawful"] else answer), "failed_gates": failed}


@blueprint.post("/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback")
@allow(ENTERPRISE, scope="listings:write")
@subject(_find_pair)
@blueprint.body(FeedbackRequestSchema)
@blueprint.response(200, FeedbackSchema)
@blueprint.problems(400, 404, 409, 413, 415)
def give_feedback(body, listing_id, other_id):
    """Say "interested" or "not suitable" of a pairing; once both are interested, contacts are shown."""
    listing = listings.find_own(actor(), listing_id)
    other = service.counterpart(actor(), listing, other_id)
    return service.give_feedback(actor(), listing, other, body["verdict"], body["reason"])


@blueprint.get("/findings")
@allow(*EVERY_KEY)
@blueprint.query(FindingQuery)
@blueprint.response(200, FindingPage)
@blueprint.problems()
def list_findings(query):
    """Open listings that no one can lawfully serve, with the gate that stopped most."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.search_findings(actor(), query["gate"], after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].listing_id)]) if len(rows) > len(page) else None
    return {"items": [_finding(row) for row in page], "next": more}


@blueprint.get("/matching-policy")
@allow(ADMIN)
@blueprint.response(200, PolicySchema, headers=VERSIONED)
@blueprint.problems()
def show_policy():
    """The policy in force."""
    now = service.policy_in_force()
    return {"version": now.version, **now.body}, etag(now.version)


@blueprint.put("/matching-policy")
@allow(ADMIN, scope="admin")
@subject(service.policy_in_force)
@blueprint.body(PolicySchema)
@blueprint.response(200, PolicySchema, headers=VERSIONED)
@blueprint.problems(400, 412, 413, 415, 428)
def publish_policy(body, expected):
    """Put a whole new version in force, from the next answer on."""
    now = service.publish_policy(actor(), body, expected)
    return {"version": now.version, **now.body}, etag(now.version)


@blueprint.get("/matching-policy/presets")
@allow(ADMIN)
@blueprint.response(200, PresetPage)
@blueprint.problems()
def list_presets():
    """Ready-made policies to put."""
    return {
        "items": [{"name": name, "policy": body} for name, body in service.PRESETS.items()],
        "next": None,
    }


@blueprint.get("/ranking-models")
@allow(ADMIN, REGULATOR)
@blueprint.query(PageQuery)
@blueprint.response(200, RankingModelPage)
@blueprint.problems()
def list_ranking_models(query):
    """Every training of the learned order, newest first; the newest that is done decides if it is used."""
    (before,) = position_of(query["cursor"], (int,)) or (None,)
    rows = service.search_models(before, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([page[-1].version]) if len(rows) > len(page) else None
    return {"items": [_model(row) for row in page], "next": more}


@blueprint.get("/ranking-models/<int:version>")
@allow(ADMIN, REGULATOR)
@blueprint.response(200, RankingModelSchema)
@blueprint.problems(404)
def show_ranking_model(version):
    """The card of one training: what it learned from, how it did on later data, and whether it is used."""
    return _model(service.find_model(version))


def _model(row):
    names = ("version", "status", "used", "reason", "created_at", "trained_at")
    plain = {name: getattr(row, name) for name in names}
    said = say(f"order_{row.reason}", language()) if row.reason else None
    return {**plain, "detail": said, "card": _card(row.card) if row.card else None}


def _card(card):
    window, metrics = card["window"], card.get("metrics")
    return {
        **card,
        "window": window and {name: date.fromisoformat(day) for name, day in window.items()},
        "metrics": metrics and {"mrr": metrics["mrr"], "ndcg_at_10": metrics["ndcg@10"]},
    }


def _spoken(item):
    """A match with its reasons and warnings in the asker's language."""
    return {
        **item,
        "components": [
            {**one, "reason": say(f"component_{one['reason']}", language())} for one in item["components"]
        ],
        "warnings": render_warnings(item["warnings"]),
    }


def _finding(row):
    plain = {name: getattr(row, name) for name in ("listing_id", "gate", "stopped", "candidates", "at")}
    return {**plain, "detail": say(f"finding_{row.gate}", language())}
