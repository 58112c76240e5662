"""An attacker who wants to know where exactly a listing lies, and a market whose true places can be changed.

A `Market` is the same each time it is made, over HTTP; only where within its cell of 0.01 degree each place
of the victims lies is drawn by the seed. `steady` writes down what came back with made-up values (ids, keys)
replaced by their turn, so that two markets can be compared byte by byte.
"""

import io
import itertools
import json
import random
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

import tests.marketplace
from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.matches.models import PairingOutcome
from tests.marketplace import ACID, Marketplace, Party

HALF = 0.0049999
CELLS = (
    (120.58, 30.03), (120.59, 30.03), (120.58, 30.04), (120.87, 30.03), (120.49, 30.08), (120.74, 30.06),
    (120.78, 29.98), (120.66, 30.2), (121.02, 30.03), (120.5, 29.75),
)  # fmt: skip
"""Longitudes and latitudes; two cells are cut by the border of a district."""
ROLES = (("generator",), ("generator", "recycler"), ("recycler",))
CITY = "330600"
SLAG = {"scheme": "cn-sw", "code": "SW17"}
SORTS = ("score", "distance", "credit", "price")
MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|hl_[\w-]{20,}")
HEADERS = ("Content-Type", "Content-Disposition", "Location", "Link")
"""What is compared besides status and body; an ETag is a digest of the body, which holds ids."""


class Market:
    """Victims whose true places are drawn, and an attacker with listings of its own."""

    def __init__(self, marketplace: Marketplace, seed: int) -> None:
        tests.marketplace._numbers = itertools.count(1)  # the same names and numbers in every market
        self.marketplace, self._true = marketplace, random.Random(seed)
        self.victims = [
            self._victim(roles, f"{name}厂", cell)
            for roles, name, cell in zip(ROLES, "甲乙丙", (CELLS[0], CELLS[3], CELLS[5]), strict=True)
        ]
        self.attacker = marketplace.enterprise("generator", "recycler", name="打听公司", region=CITY)
        self.newcomer = marketplace.enterprise("generator", "recycler", name="新来公司", approved=False)
        for holder in (*self.victims[1:], self.attacker):
            marketplace.licence(holder)
        self.probes = [self._probe(number) for number in range(6)]
        self.drafts = [marketplace.supply(self.newcomer, publish=False)]
        self.search = self.attacker.save_search(
            {"kind": "supply", "lon": 120.6, "lat": 30.05, "within_km": 3.9}
        )
        self.targets = [self._target(number) for number in range(24)]
        marketplace.settle()

    @property
    def outside(self) -> Party:
        """The regulator of another region."""
        return self.marketplace.regulator("310000")

    def true_place(self, cell: tuple[float, float]) -> dict[str, float]:
        """Somewhere in a cell, now and then in its very corner."""
        lon, lat = (
            degrees + self._true.choice([self._true.uniform(-HALF, HALF), -HALF, HALF]) for degrees in cell
        )
        return {"lon": lon, "lat": lat}

    def _victim(self, roles: tuple[str, ...], name: str, cell: tuple[float, float]) -> Party:
        return self.marketplace.enterprise(*roles, name=name, region=CITY, location=self.true_place(cell))

    def _probe(self, number: int) -> dict[str, Any]:
        make = self.marketplace.supply if number % 2 else self.marketplace.demand
        return make(self.attacker, title=f"试探 {number}", max_distance_km=(None, 12.3)[number % 3 == 0])

    def _target(self, number: int) -> dict[str, Any]:
        """A listing of a victim; the first of each lies where its owner does."""
        owner, cell = self.victims[number % 3], CELLS[number % len(CELLS)]
        is_supply = "generator" in ROLES[number % 3] and (number % 3 == 0 or number % 2 == 1)
        waste = SLAG if number % 5 == 4 else ACID
        terms: dict[str, Any] = {
            "title": f"货 {number}",
            "price_cny_per_t": (None, -150, -90)[number % 3],
            "max_distance_km": (None, None, 6.7, 30)[number % 4],
            "region": CITY,
            "location": self.true_place(cell),
        }
        if number < 3:
            del terms["region"], terms["location"]
        if is_supply:
            return self.marketplace.supply(owner, waste=waste, **terms)
        accepted = [SLAG] if waste is SLAG else [{"scheme": "cn-hw", "code": "HW34"}]
        return self.marketplace.demand(owner, accepts=accepted, **terms)


class Questions:
    """What is asked of a market, the same for the same seed."""

    def __init__(self, market: Market, seed: int) -> None:
        self.market, self.chance = market, random.Random(seed)
        self.ways = (
            self.search, self.search, self.ranking, self.ranking, self.moved, self.moved, self.pairing,
            self.pairing, self.listing, self.everything, self.file, self.verdict, self.saved,
        )  # fmt: skip

    def ask(self, count: int) -> Iterator[tuple[str, Any]]:
        """So many questions of the attacker: each with the response."""
        for number in range(count):
            yield from self.ways[number % len(self.ways)]()
            if number % 100 == 99:
                yield from self.messages()
        yield from self.messages()

    def get(self, path: str, **query: Any) -> tuple[str, Any]:
        return f"GET {path} {query}", self.market.attacker.get(path, **query)

    def pages(self, path: str, **query: Any) -> Iterator[tuple[str, Any]]:
        """A list to its end, or its third page."""
        for _ in range(3):
            asked, response = self.get(path, **query)
            yield asked.partition("'cursor'")[0], response
            cursor = response.json.get("next") if response.status_code == 200 else None
            if cursor is None:
                return
            query["cursor"] = cursor

    def point(self) -> dict[str, float]:
        """A point at a victim's cell, or near it."""
        reach = self.chance.choice([0, 0.005, 0.05])
        cell = self.chance.choice(CELLS)
        lon, lat = (round(degrees + self.chance.uniform(-reach, reach), 5) for degrees in cell)
        return {"lon": lon, "lat": lat}

    def probe(self) -> str:
        return self.chance.choice(self.market.probes)["id"]

    def target(self) -> str:
        return self.chance.choice(self.market.targets)["id"]

    # ------------------------------------------------------------ ways to ask

    def messages(self) -> Iterator[tuple[str, Any]]:
        """Wait for the last tier of the push, and read what came."""
        self.market.marketplace.wait(hours=9)
        yield self.get("/notifications", limit=100)

    def search(self) -> Iterator[tuple[str, Any]]:
        asked: dict[str, Any] = {**self.point(), "sort": self.chance.choice(["distance", "newest", "price"])}
        if self.chance.random() < 0.7:
            asked["within_km"] = round(self.chance.uniform(0.01, 40), 3)
        yield from self.pages("/listings", limit=self.chance.choice([3, 100]), **asked)

    def ranking(self) -> Iterator[tuple[str, Any]]:
        query = {
            "sort": self.chance.choice(SORTS),
            "limit": self.chance.choice([2, 50]),
            "min_score": self.chance.choice([0, round(self.chance.uniform(0.3, 0.9), 6)]),
            "near_misses": "true",
        }
        if self.chance.random() < 0.2:
            query["group"] = "enterprise"
        yield from self.pages(f"/listings/{self.probe()}/matches", **query)

    def moved(self) -> Iterator[tuple[str, Any]]:
        """Move a probe, and look from there."""
        probe = self.probe()
        terms = {"location": self.point(), "max_distance_km": round(self.chance.uniform(0.5, 40), 3)}
        response = self.market.attacker.patch(f"/listings/{probe}", {"region": CITY, **terms})
        yield f"PATCH {terms}", response
        yield from self.pages(f"/listings/{probe}/matches", sort="distance", limit=50, near_misses="true")

    def pairing(self) -> Iterator[tuple[str, Any]]:
        yield self.get(f"/listings/{self.probe()}/matches/{self.target()}")

    def listing(self) -> Iterator[tuple[str, Any]]:
        yield self.get(f"/listings/{self.target()}")

    def everything(self) -> Iterator[tuple[str, Any]]:
        yield from self.pages("/matches", limit=self.chance.choice([5, 50]))
        yield from self.pages("/matches", limit=5, group="enterprise")
        yield self.get("/findings")
        yield self.get("/interests")

    def file(self) -> Iterator[tuple[str, Any]]:
        kind = self.chance.choice(["csv", "xlsx"])
        yield self.get(f"/listings/{self.probe()}/matches/export", format=kind)
        yield self.get("/matches/export", format=kind)

    def verdict(self) -> Iterator[tuple[str, Any]]:
        path = f"/listings/{self.probe()}/matches/{self.target()}/feedback"
        yield path, self.market.attacker.post(path, {"verdict": "interested"})

    def saved(self) -> Iterator[tuple[str, Any]]:
        """Change what is searched for, and see whether a victim's new listing is told of."""
        query = {"kind": "supply", **self.point(), "within_km": round(self.chance.uniform(0.1, 9), 3)}
        path = f"/saved-searches/{self.market.search['id']}"
        yield f"PATCH saved search {query}", self.market.attacker.patch(path, {"query": query})


def sweep(market: Market) -> Iterator[tuple[str, Any]]:
    """Every GET of the API by everybody who is neither owner nor staff of the region, of every target."""
    marketplace = market.marketplace
    nobody = Party(marketplace, "none")
    rules = [
        rule.rule.removeprefix("/api/v1")
        for rule in marketplace.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.rule.startswith("/api/v1/")
    ]
    for who, party in (
        ("attacker", market.attacker),
        ("newcomer", market.newcomer),
        ("outside", market.outside),
        ("nobody", nobody),
    ):
        for rule in sorted(rules):
            for path in _paths(rule, market, who):
                yield f"{who} GET {path}", party.get(path)


def _paths(rule: str, market: Market, who: str) -> Iterator[str]:
    """The rule with ids of victims put in; where two listings are named, own ones face all targets."""
    unknown = "00000000-0000-0000-0000-000000000000"
    own = {"attacker": market.probes[:2], "newcomer": market.drafts}.get(who, market.targets[:1])
    targets = [target["id"] for target in market.targets]
    about = {"enterprise_id": [victim.id for victim in market.victims]}
    if "other_id" in rule:
        about |= {"listing_id": [listing["id"] for listing in own], "other_id": targets[:8]}
    elif "listing_id" in rule:
        about["listing_id"] = targets[:6]
    names = re.findall(r"<(?:\w+:)?(\w+)>", rule)
    for values in itertools.product(*(about.get(name, [unknown]) for name in names)):
        path = rule
        for value in values:
            path = re.sub(r"<[^>]+>", str(value), path, count=1)
        yield path


def plan(market: Market) -> Iterator[tuple[str, Any]]:
    """The rows of a plan, which owners will see of it one day."""
    admin = market.marketplace.admin
    body = {"region": CITY, "from": "2026-12-01", "until": "2027-02-28"}
    made = admin.post("/allocations", body)
    assert made.status_code in (200, 201, 202), made.json
    market.marketplace.settle()
    for part in ("placements", "unplaced"):
        yield part, admin.get(f"/allocations/{made.json['id']}/{part}", limit=100)


def learned_from(market: Market) -> list[tuple[Any, ...]]:
    """What the learned order will be trained on: facts of outcomes."""
    facts = (PairingOutcome.outcome, PairingOutcome.km, PairingOutcome.score, PairingOutcome.lat)
    with market.marketplace.app.app_context():
        found = select(*facts, PairingOutcome.lon).order_by(
            PairingOutcome.supply_id, PairingOutcome.demand_id
        )
        return [tuple(row) for row in db.session.execute(found)]


def true_places(market: Market) -> list[tuple[float, float, int | None]]:
    """What must differ between two markets."""
    with market.marketplace.app.app_context():
        rows = select(Listing.lon, Listing.lat, Listing.place_region).order_by(Listing.no)
        return [tuple(row) for row in db.session.execute(rows)]


def steady(asked: Iterator[tuple[str, Any]]) -> list[str]:
    """Each question with status, headers and body of the response; made-up values by their turn."""
    names = Names()
    told = []
    for question, response in asked:
        headers = {name: response.headers.get(name) for name in HEADERS}
        told.append(names.put(f"{question}\n{response.status_code} {headers}\n{_text(response, names)}"))
    return told


class Names:
    """Made-up values by their turn, the same in every market."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def put(self, text: str) -> str:
        """The text with a name for each made-up value."""
        return MADE_UP.sub(lambda found: self._known.setdefault(found[0], f"id {len(self._known)}"), text)

    def sort(self, rows: list[Any]) -> None:
        """Order rows by what they say: those of one millisecond come by their ids, which are made up."""
        rows.sort(key=lambda row: MADE_UP.sub(lambda found: self._known.get(found[0], ""), json.dumps(row)))
        self.put(json.dumps(rows))


def _text(response: Any, names: Names) -> str:
    """The body; of a page without the text of its cursor, which is sealed, of a workbook its parts."""
    if response.data[:2] == b"PK":
        parts = zipfile.ZipFile(io.BytesIO(response.data))
        return "\n".join(
            parts.read(name).decode() for name in parts.namelist() if not name.startswith("docProps")
        )
    if response.mimetype.endswith("json"):
        body = response.json
        if isinstance(body, dict):
            for rows in body.get("tables", {}).values():  # of an export
                names.sort(rows)
            body.pop("request_id", None)
            if body.get("next"):
                body["next"] = "..."
        return json.dumps(body, ensure_ascii=False)
    return str(response.get_data(as_text=True))
