"""Schemathesis against the application, in process: does every response conform to the OpenAPI document?

The document says what may be requested and what is returned. Schemathesis sends, to each route in turn, what
the document allows and what it forbids, then sequences. Ids that one response shows go into the next request;
`World` adds meaningful values, so that a request gets past its first refusal.
"""

import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis import Case, GenerationMode, HookContext
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from tests.marketplace import Party, new_uscc

Part = tuple[int, int]
"""(number from 0, of how many) parts, among which the routes are dealt out."""
WHOLE = (0, 1)
DEALT = (0, 0)
"""Of those who may enter a route, one asks it."""
ASKERS = ("enterprise", "admin", "regulator")
"""Among whom routes are dealt."""
BOUNDS, IN_TURN, IN_SEQUENCE = "coverage", "fuzzing", "stateful"
"""Ways to ask, by schemathesis's names: all bounds of all fields; routes one by one; in sequences."""

NUMBERS = itertools.count(1)
ROLES = {
    "enterprise": "enterprise",
    "pending enterprise": "enterprise",
    "collector": "enterprise",
    "admin": "admin",
    "regulator": "regulator",
    "nobody": None,
}
"""Who asks: name -> kind of key. Each is let loose on the routes that its kind may enter, nobody on all."""

CHECKS = {
    "negative_data_rejection": {
        "expected-statuses": [400, 401, 403, 404, 405, 409, 412, 413, 414, 415, 422, 428]
    },
    "missing_required_header": {"expected-statuses": [401, 403, 404, 428]},
    # What the document allows may still break a rule between fields, name an unknown code or come too late.
    "positive_data_acceptance": {"expected-statuses": ["2xx", 304, 401, 403, 404, 409, 412, 422]},
    # What is revoked stays on record.
    "use_after_free": {"enabled": False},
    # tests/test_house.py asks every route without a key.
    "ignored_auth": {"enabled": False},
}


@dataclass(frozen=True)
class Finding:
    """A response that the document does not allow, and how to get it again."""

    role: str
    check: str
    operation: str
    message: str
    curl: str

    def __str__(self) -> str:
        return f"{self.check}: {self.operation}, by {self.role}\n{self.message}\n{self.curl}"


@dataclass
class Tally:
    """What was asked and what was found; of findings alike the first is kept."""

    cases: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(self, role: str, party: Party | None, scenario: ScenarioRecorder) -> None:
        """Count a finished scenario."""
        responses = [
            interaction.response
            for interaction in scenario.interactions.values()
            if interaction.response is not None
        ]
        self.cases += len(responses)
        self.statuses.update(response.status_code for response in responses)
        for check in (check for checks in scenario.checks.values() for check in checks):
            if check.failure_info is not None:
                failure, curl = check.failure_info.failure, check.failure_info.code_sample
                if party:
                    curl = curl.replace(
                        f"'Authorization: Bearer {party.key}'", '"Authorization: Bearer $KEY"'
                    )
                self.find(Finding(role, check.name, str(failure.operation), str(failure), curl))

    def join(self, other: "Tally") -> None:
        """Add what another counted."""
        self.cases += other.cases
        self.seconds += other.seconds
        self.statuses.update(other.statuses)
        self.found.update(other.found)

    def find(self, finding: Finding) -> None:
        """Count a finding, and say it if it is the first of its kind."""
        self.found[finding.check] += 1
        if (finding.check, finding.operation) not in self.findings:
            self.findings[finding.check, finding.operation] = finding
            print(f"\n{finding}")

    def __str__(self) -> str:
        responses = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        found = ", ".join(f"{count} x {check}" for check, count in self.found.most_common()) or "none"
        return f"{self.cases} cases in {self.seconds:.0f} s; responses: {responses}; findings: {found}"


class World:
    """A marketplace in which every id names a resource, with someone of every role."""

    def __init__(self, samples: Any) -> None:
        """Args: samples: one of everything (tests/cases.py)."""
        self.marketplace, self.samples = samples.marketplace, samples
        marketplace = self.marketplace
        self.message = self.samples.message["id"]
        self.parties = {
            "enterprise": self.samples.owner,
            "pending enterprise": marketplace.enterprise("generator", "recycler", approved=False),
            "collector": marketplace.enterprise("collector"),
            "admin": self.samples.admin,
            "regulator": self.samples.regulator,
            "nobody": None,
        }
        marketplace.supply(self.parties["collector"])

    def values(self) -> dict[str, list[Any]]:
        """Meaningful values, by their place in a request."""
        samples = self.samples
        everyone = [samples.partner, samples.neighbour, *self.parties.values()]
        enterprises = [party.id for party in everyone if party and party.number]
        listings = [
            listing["id"]
            for listing in (samples.supply, samples.draft, samples.demand, samples.exempt_demand)
        ]
        permits = [
            permit["id"]
            for permit in (samples.licence, samples.channel, samples.white_list_entry, samples.exemption)
        ]
        regions, codes = ["330602", "330000", "310000"], ["900-349-34", "HW34"]
        early, late, tonnes = ["2026-11-01", "2026-12-01"], ["2027-05-31", "2028-01-01"], [1, 5.5, 100.125]
        by_field: dict[str, list[Any]] = {
            "enterprise_id": enterprises,
            "generator_id": [samples.owner.id], "receiver_id": [samples.partner.id],
            "partner_id": [samples.partner.id], "region": regions, "from_province": ["310000", "320000"],
            "valid_from": early, "valid_until": late, "available_from": early, "available_until": late,
            "published_on": early, "effective_on": early, "year": [2026], "tonnes": tonnes,
            "tonnes_per_year": tonnes, "lines[*].tonnes_per_year": tonnes, "quantity_t": tonnes[1:],
            "min_lot_t": [0.001, 1], "price_cny_per_t": [-150, 0, 99.99], "item": [1, 2], "treatment": ["R5"],
            "rule": ["law.penalty_minor", "fulfilment.completed"],
            "line_id": [samples.licence["lines"][0]["id"]], "uscc": [new_uscc() for _ in range(100)],
        }  # fmt: skip
        for place in ("", "lines[*].", "waste.", "accepts[*].", "muted_codes[*]."):
            by_field[f"{place}scheme"] = ["cn-hw"]
            by_field[f"{place}code"] = codes[:1] if place == "waste." else codes
        return {
            "path.enterprise_id": enterprises, "path.listing_id": listings, "path.other_id": listings,
            "path.permit_id": permits, "path.key_id": [samples.spare_key["id"]],
            "path.notification_id": [self.message], "path.block_id": [samples.block["id"]],
            "path.scheme": ["cn-hw", "cn-sw", "eu-low"], "path.code": codes,
            "query.enterprise_id": enterprises, "query.region": regions, "query.parent": regions,
            **{f"body.{name}": values for name, values in by_field.items()},
        }  # fmt: skip

    def subject(self, path: str, name: str) -> str | None:
        """The id that a parameter of this route's path should have, None where any will do."""
        samples = self.samples
        room = path.split("/")[3]
        subjects = {
            "enterprise_id": samples.owner.id,
            "listing_id": (samples.draft if path.endswith(("publish", "withdraw")) else samples.supply)["id"],
            "other_id": samples.demand["id"],
            "key_id": samples.spare_key["id"],
            "notification_id": self.message,
            "block_id": samples.block["id"],
            "permit_id": {
                "licences": samples.licence,
                "channels": samples.channel,
                "white-list": samples.white_list_entry,
                "exemptions": samples.exemption,
            }.get(room, {}).get("id"),
        }
        return subjects.get(name)

    def own_key(self, party: Party | None) -> str | None:
        """Id of the key that a party asks with, None for one that cannot revoke it."""
        response = party.get("/api-keys", limit=100) if party else None
        return response.json["items"][-1]["id"] if response and response.status_code == 200 else None


def fuzz(
    world: World, role: str, how: str, tally: Tally, *, examples: int, seed: int | None, part: Part = WHOLE
) -> None:
    """Let a role ask in one way, and count it.

    Args:
        examples: of each route, or sequences; BOUNDS has as many as the document has bounds.
        seed: None for another run each time.
        part: of the routes that it may enter.
    """
    party = world.parties[role]
    schema = schemathesis.openapi.from_wsgi(
        "/openapi.json", world.marketplace.app, config=_config(world, party, how, examples, seed)
    )
    schema = schema.include(
        lambda route: ROLES[role] in (None, *_actors(route.operation)) and _is_in(part, role, route.operation)
    )
    schema.iter_schema_warnings = list  # of which none is shown; to find them takes longer than many routes
    _hook(schema, world, world.own_key(party), how)
    began = time.perf_counter()
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            tally.add(role, party, event.recorder)
        elif isinstance(event, NonFatalError):
            tally.find(Finding(role, "error", event.label, str(event.value), ""))
        elif isinstance(event, FatalError):
            raise event.exception
    tally.seconds += time.perf_counter() - began


def _is_in(part: Part, role: str, operation: schemathesis.APIOperation) -> bool:
    drawn = crc32(operation.label.encode())
    if part == DEALT:
        askers = [each for each in ASKERS if ROLES[each] in _actors(operation)]
        return role == askers[drawn % len(askers)]
    number, of = part
    return drawn % of == number


def _actors(operation: schemathesis.APIOperation) -> list[str | None]:
    """Kinds of key that may enter a route."""
    return operation.definition.raw.get("x-actors", list(ROLES.values()))


def _config(
    world: World, party: Party | None, how: str, examples: int, seed: int | None
) -> schemathesis.Config:
    values = world.values()
    about: dict[str, Any] = {
        "headers": party.headers if party else {},
        "continue-on-failure": True,
        "warnings": False,
        "cache": {"enabled": False},
        "output": {"sanitization": {"enabled": False}},
        "generation": {
            "max-examples": examples,
            "deterministic": seed is not None,
            "database": "none",
            "no-shrink": True,
            "with-security-parameters": False,
        },
        "phases": {"enabled": False, how: {"enabled": True}},
        "analysis": {
            "constants": {"enabled": examples != 1}
        },  # a walk through all modules of the application
        "checks": CHECKS,
        "dictionaries": {place: {"values": meant} for place, meant in values.items()},
        "parameters": {place: {"dictionary": place, "probability": 0.7} for place in values},
    }
    if how == BOUNDS:
        del about["generation"]["max-examples"]
    if seed is not None:
        about["seed"] = seed
    return schemathesis.Config.from_dict(about)


def _hook(schema: BaseSchema, world: World, own_key: str | None, how: str) -> None:
    @schema.hook
    def filter_case(context: HookContext, case: Case) -> bool:
        """Nobody revokes the key they ask with: all that follows would be 401."""
        return own_key is None or case.path_parameters.get("key_id") != own_key

    @schema.hook
    def map_case(context: HookContext, case: Case) -> Case:
        """Past what the document cannot say: things that are there, their versions, fields that agree.

        A key sent again would answer with what may have been deleted since, so each is sent once.
        """
        if how == BOUNDS and _is_right(case, ParameterLocation.PATH):
            for name, value in case.path_parameters.items():
                case.path_parameters[name] = world.subject(case.operation.path, name) or value
        if "If-Match" in case.headers and _is_right(case, ParameterLocation.HEADER):
            case.headers["If-Match"] = "*"
        if "Idempotency-Key" in case.headers and _is_right(case, ParameterLocation.HEADER):
            case.headers["Idempotency-Key"] = f"once-{next(NUMBERS)}"
        if _is_right(case, ParameterLocation.BODY) and isinstance(case.body, dict):
            for name in FOREIGN.get(str(case.body.get("kind")), ()):
                case.body.pop(name, None)
        return case


def _is_right(case: Case, part: ParameterLocation) -> bool:
    """Whether a part of a request is as the document says."""
    made = case.meta.components.get(part) if case.meta else None
    return made is not None and made.mode is GenerationMode.POSITIVE


FOREIGN = {
    "supply": ("accepts", "treatment", "requires", "exemption_item", "composition"),
    "demand": ("waste", "composition", "exemption_item", "requires"),
}
"""Fields that a listing of a kind goes without here: it may not have them, or they break a rule as a rule."""
