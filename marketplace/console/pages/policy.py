"""The policy of matching with a preview on real listings, the credit rules with a simulation."""

import math
from typing import Any

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ...credit import service as credit
from ...enterprises import service as enterprises
from ...errors import DomainError
from ...events.actor import ADMIN
from ...http.fields import MAX_VERSION, OneOf, QueryNumber, QueryWhole, Range
from ...http.schemas import Schema
from ...matches import service as matches
from ...persons.service import Acting
from ..charts import score_parts
from ..formats import number
from ..forms import WHOLE, Errors, read_fields, read_form, typed, wrong
from ..page import pages, text
from ..visitor import members_only, private

WEIGHTS = ("code", "distance", "credit", "price", "quantity", "time")
DELAYS = ("A", "B", "C", "D")
LIMITED = ("C", "D")
MOST_CHANGES = 50
"""Of a simulation that the page names; the API has a thousand."""
PER_CENT = 100
LONGEST_S = 604_800
MOST_MONTHS = 120


def _whole(most: int, least: int = 0) -> fields.Field[Any]:
    return QueryWhole(required=True, validate=Range(min=least, max=most))


def _number(most: float, least: float = 0) -> fields.Field[Any]:
    return QueryNumber(required=True, validate=Range(min=least, max=most))


class WeightsForm(Schema):
    """By the names of the API, each from 0 to 1; together 1."""

    code = _number(1)
    distance = _number(1)
    credit = _number(1)
    price = _number(1)
    quantity = _number(1)
    time = _number(1)


class DelaysForm(Schema):
    A = _whole(LONGEST_S)
    B = _whole(LONGEST_S)
    C = _whole(LONGEST_S)
    D = _whole(LONGEST_S)


class LimitsForm(Schema):
    C = _whole(1_000_000)
    D = _whole(1_000_000)


class HalvesForm(Schema):
    default = _number(20_100, 0.001)


class PolicyForm(Schema):
    version = QueryWhole(required=True, validate=Range(min=1, max=MAX_VERSION))
    price_scale_cny_per_t = _number(1e6, 0.01)
    push_threshold = _number(1)
    push_top = _whole(100, 1)
    push_daily_cap = _whole(1000)
    push_pair_cap = _whole(10_000)
    spread_within_tier_s = _whole(LONGEST_S)
    cross_province = fields.String(required=True, validate=OneOf(["white_list", "with_approval"]))
    learned_order = fields.Boolean(required=True)


class RuleForm(Schema):
    points = QueryNumber(required=True, validate=Range(min=-100, max=100))
    months = QueryWhole(required=True, validate=Range(min=1, max=MOST_MONTHS))
    enabled = fields.Boolean(required=True)


class VersionForm(Schema):
    version = QueryWhole(required=True, validate=Range(min=1, max=MAX_VERSION))


POLICY, RULE, VERSION = PolicyForm(), RuleForm(), VersionForm()
PARTS: dict[str, Schema] = {
    "weights": WeightsForm(),
    "half_distance_km": HalvesForm(),
    "push_delay_s": DelaysForm(),
    "open_listings": LimitsForm(),
}
"""The objects within a policy; their fields are named as `weights.code`."""
NUMBERS = (
    "price_scale_cny_per_t", "push_threshold", "push_top", "push_daily_cap", "push_pair_cap",
    "spread_within_tier_s",
)  # fmt: skip


@pages.get("/policy")
@members_only(kinds=(ADMIN,))
def show_policy(who: Acting) -> Response:
    """The policy in force, in a form."""
    return _policy()


def _policy(http_status: int = 200, errors: Errors | None = None, **found: Any) -> Response:
    policy = matches.policy_in_force()
    weights = policy.body["weights"]
    return private(
        "policy.html",
        http_status,
        policy=policy,
        parts=score_parts([(name, PER_CENT * weights[name]) for name in WEIGHTS]),
        weights=WEIGHTS,
        delays=DELAYS,
        limited=LIMITED,
        numbers=NUMBERS,
        halves={key: km for key, km in policy.body["half_distance_km"].items() if key != "default"},
        typed=typed() if request.form else {},
        errors=errors or {},
        api="/api/v1/matching-policy",
        **{"preview": None, **found},
    )


@pages.post("/policy")
@members_only("admin", kinds=(ADMIN,))
def change_policy(who: Acting) -> Any:
    """Show who would move by the policy of the form, or put it in force, as the button says."""
    body, errors = _sent_policy()
    if errors:
        return _policy(422, errors)
    version = body.pop("version")
    try:
        if "publish" not in request.form:
            return _policy(preview=matches.preview_policy(who.actor, body))
        _require_admin(who)
        matches.publish_policy(who.actor, body, version)
    except DomainError as error:
        return _policy(error.status, _with_sum(wrong(error), body["weights"]))
    return redirect(url_for("console.show_policy"), 303)


def _with_sum(errors: Errors, weights: dict[str, float]) -> Errors:
    """What is wrong with a policy, with the sum of its weights where that is not 1."""
    total = math.fsum(weights[name] for name in WEIGHTS)
    if math.isclose(total, 1, abs_tol=1e-9):
        return errors
    return {**errors, WHOLE: [*errors.get(WHOLE, ()), text("policy_sum", sum=number(total, 3))]}


def _require_admin(who: Acting) -> None:
    """Raises: Forbidden: the session lacks the right to change anything."""
    enterprises.require_official(who.actor)


def _sent_policy() -> tuple[dict[str, Any], Errors]:
    """The policy in force with what the form says of it, and what is wrong by the name of the field."""
    body = {**matches.policy_in_force().body}
    data, errors = read_form(POLICY)
    body |= data or {}
    for part, schema in PARTS.items():
        said, faults = read_fields(schema, f"{part}.")
        errors |= {f"{part}.{name}": sentences for name, sentences in faults.items()}
        body[part] = {**body[part], **(said or {})}
    return body, errors


@pages.get("/policy/rules")
@members_only(kinds=(ADMIN,))
def show_rules(who: Acting) -> Response:
    """The credit rules in force, in a form, and the thresholds of the grades."""
    return _rules()


def _rules(http_status: int = 200, errors: Errors | None = None, **found: Any) -> Response:
    table = credit.current_rules()
    return private(
        "rules.html",
        http_status,
        version=table.version,
        rules=credit.present_rules(table),
        thresholds=credit.grade_thresholds(),
        typed=typed() if request.form else {},
        errors=errors or {},
        most_changes=MOST_CHANGES,
        api="/api/v1/credit/rules",
        **{"simulation": None, **found},
    )


@pages.post("/policy/rules")
@members_only("admin", kinds=(ADMIN,))
def change_rules(who: Acting) -> Any:
    """Show who would change grade by the rules of the form, or put them in force, as the button says."""
    items, errors = _sent_rules()
    data, faults = read_form(VERSION)
    if data is None or errors:
        return _rules(422, {**errors, **faults})
    try:
        if "publish" not in request.form:
            return _rules(simulation=credit.simulate_rules(items))
        _require_admin(who)
        credit.publish_rules(who.actor, items, None, data["version"])
    except DomainError as error:
        return _rules(error.status, wrong(error))
    return redirect(url_for("console.show_rules"), 303)


def _sent_rules() -> tuple[list[dict[str, Any]], Errors]:
    """The rules in force with what the form says of each; one that the form does not name stays as it is."""
    items: list[dict[str, Any]] = []
    errors: Errors = {}
    for rule in credit.present_rules(credit.current_rules()):
        prefix = f"{rule['code']}."
        said: dict[str, Any] | None = {}
        if any(name.startswith(prefix) for name in request.form):
            said, faults = read_fields(RULE, prefix)
            errors |= {prefix + name: sentences for name, sentences in faults.items()}
        items.append({**rule, **(said or {})})
    return items, errors
