"""The versioned matching policy."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import select, text

import matching
from matching.model import WEIGHT_UNIT

from ...catalogue import service as catalogue
from ...database import db
from ...errors import Invalid, PreconditionFailed
from ...events.actor import PLATFORM, Actor
from ...events.work import unit_of_work
from ..models import MatchingPolicy
from .kept import kept

ADDED_LATER: dict[str, Any] = {
    "learned_order": True,
    "push_pair_cap": 5,
    "spread_within_tier_s": 0,
    "open_listings": {"C": 20, "D": 5},
}
"""What policies have in which nobody had to say it yet."""
log = logging.getLogger(__name__)


def _body(policy: matching.Policy) -> dict[str, Any]:
    return {
        "weights": dict(
            zip(matching.COMPONENTS, (weight / WEIGHT_UNIT for weight in policy.weights), strict=True)
        ),
        "half_distance_km": dict(policy.half_distance_km),
        "price_scale_cny_per_t": policy.price_scale_cny_per_t,
        "cross_province": policy.cross_province,
        "push_threshold": 0.5,
        "push_top": 20,
        "push_daily_cap": 10,
        "push_delay_s": {"A": 0, "B": 1800, "C": 7200, "D": 28800},
        **ADDED_LATER,
    }


LIMITED = {"C": "C", "D": "D", "E": "D"}
"""Grades whose open listings the policy limits, each with the name of its limit."""
PRESETS = {"default": _body(matching.DEFAULT), "cost_first": _body(matching.COST_FIRST)}


@dataclass(frozen=True)
class PolicyInForce:
    """The policy as stored and as matching reads it. Requests share it: nobody changes the body."""

    version: int
    body: Mapping[str, Any]

    @cached_property
    def matching(self) -> matching.Policy:
        return matching.Policy.from_mapping(self.body, self.version)


def policy_in_force(actor: Actor = PLATFORM) -> PolicyInForce:
    """The newest version."""
    return kept("matching_policy", _read_newest)


def _read_newest() -> PolicyInForce:
    row = db.session.scalars(select(MatchingPolicy).order_by(MatchingPolicy.version.desc()).limit(1)).one()
    return PolicyInForce(row.version, {**ADDED_LATER, **row.body})


def publish_policy(actor: Actor, body: dict[str, Any], expected: int | None) -> PolicyInForce:
    """Replace the policy; it applies from the next request on.

    Raises:
        Invalid: the weights do not sum to 1, a prefix of codes is there twice (`prefix_repeated`), or a tier
            of the push would last into the next (`spread_over_gap`).
        PreconditionFailed: somebody was quicker.
    """
    with unit_of_work() as work:
        work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('matching_policy'))"))
        current = policy_in_force()
        if expected is not None and current.version != expected:
            raise PreconditionFailed("version_changed")
        version = current.version + 1
        body, _ = checked_policy(body, version)
        row = work.add(MatchingPolicy(version=version, body=body, created_by=actor.id))
        work.audit(actor, "publish", row)
        work.emit("policy.changed", version=version)
    log.info("policy published", extra={"version": version})
    return PolicyInForce(version, body)


def checked_policy(body: Mapping[str, Any], version: int) -> tuple[dict[str, Any], matching.Policy]:
    """A policy as it is stored, and as matching would read it. Raises: Invalid: as `publish_policy`."""
    body = {name: value for name, value in body.items() if name != "version"}
    body["half_distance_km"] = _spelled_prefixes(body["half_distance_km"])
    _require_tiers_apart(body["push_delay_s"], body["spread_within_tier_s"])
    try:
        return body, matching.Policy.from_mapping(body, version)
    except matching.PolicyError as error:
        raise Invalid("policy_refused", at=error.field) from error


def open_listings_of(grade: str) -> int | None:
    """The most open listings that the policy allows an enterprise of this grade; None without a limit.

    Grade E has what D has.
    """
    if grade not in LIMITED:
        return None
    most: int = policy_in_force().body["open_listings"][LIMITED[grade]]
    return most


def _require_tiers_apart(delays: Mapping[str, int], spread: int) -> None:
    """Raises: Invalid: the last of a tier would be told after the first of the next (`spread_over_gap`)."""
    moments = sorted(set(delays.values()))
    gap = min((after - before for before, after in pairwise(moments)), default=spread)
    if spread > gap:
        raise Invalid("spread_over_gap", at="spread_within_tier_s", most=gap)


def _spelled_prefixes(halves: dict[str, float]) -> dict[str, float]:
    """Half-distances by prefixes of codes, and schemes, as the catalogue spells them."""
    spelled: dict[str, float] = {}
    for written, km in halves.items():
        key = written if written == "default" else catalogue.spelled_prefix(written)
        if key in spelled:
            raise Invalid("prefix_repeated", at=f"half_distance_km.{written}", prefix=key)
        spelled[key] = km
    return spelled
