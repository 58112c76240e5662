"""A market of which it is known who is told what: every supply has exactly so many lawful counterparts.

At each place (district seats at least 20 km apart) so many receivers take every code of the grid, within
5 km. A supply of one code at one place is therefore lawful for the receivers of that place and for nobody
else, and each code and place of one sender tells each of them something new: places x codes listings, told
`TOLD` each.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.city import BEGAN, ENTERPRISE, LICENCE, LISTING, WINDOW, Market, Shape

TOLD = 20
REACH_KM, APART_KM = 5, 20
SHAPE = Shape("grid", False, (33, 32, 34), 1)
SCOPES = ["read", "listings:write", "deals:write"]
HEADINGS = (
    "kind", "title", "waste code", "quantity", "unit", "min lot", "available from", "available until",
    "region", "lon", "lat",
)  # fmt: skip


@dataclass(frozen=True)
class Sender:
    """A generator and the key that speaks for it."""

    id: str
    key: str


@dataclass(frozen=True)
class Spot:
    region: int
    lon: float
    lat: float


class Grid(Market):
    """`places` x `codes`, and one place more that is kept for strangers; receivers are told of all there.

    Attributes:
        places, codes: what a supply that is told to `TOLD` may name; `strangers_place` is none of the places.
        unwanted: a code that nobody takes.
        senders: generators, each with a key.
        reader: the key of a receiver at the strangers' place.
        asked: supplies of the first sender with a page of matches each.
    """

    def __init__(self, url: str, places: int, codes: int, senders: int) -> None:
        self._wanted = places, codes
        self._senders = senders
        self.senders: list[Sender] = []
        self.asked: list[str] = []
        super().__init__(url, SHAPE, places * codes)

    def bodies(self) -> Iterator[dict[str, Any]]:
        """Supplies that are told to `TOLD` each, one for every code and place."""
        return (supply(code, place) for code in self.codes for place in self.places)

    def strange(self) -> Iterator[dict[str, Any]]:
        """Supplies at the strangers' place, one a code."""
        return (supply(code, self.strangers_place) for code in self.codes)

    def sheet(self, rows: int) -> bytes:
        """The first so many of the bodies as CSV."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        for number, body in zip(range(rows), self.bodies(), strict=False):
            where = body["location"]
            writer.writerow(
                ["supply", f"lot {number}", body["waste"]["code"], 1000, "t", 20, body["available_from"],
                 body["available_until"], body["region"], where["lon"], where["lat"]]
            )  # fmt: skip
        return out.getvalue().encode()

    def _write(self) -> None:
        places, codes = self._wanted
        found = _apart([Spot(*seat) for seat in self._seats], places + 1)
        self.places, self.strangers_place = found[:-1], found[-1]
        drawn = self._rows(
            "SELECT id, parent_id, code FROM waste_code WHERE id = ANY(%s) ORDER BY md5(code)",
            [code for code, _ in self._codes],
        )
        if len(drawn) <= codes:
            raise ValueError(f"the catalogue has {len(drawn)} codes, too few for {codes}")
        self.codes, self.unwanted = [row[2] for row in drawn[:codes]], drawn[codes][2]
        self._write_receivers(drawn[:codes])
        self._write_senders(drawn[0][0])

    def _write_receivers(self, codes: list[tuple[int, int, str]]) -> None:
        holders = [self._party("recycler", place) for place in (*self.places, self.strangers_place)
                   for _ in range(TOLD)]  # fmt: skip
        self._copy("enterprise", ENTERPRISE, holders)
        self.reader = self._key(holders[-1])
        licences = [(self._id(), row[0], f"bench {n}", "comprehensive", *WINDOW, BEGAN)
                    for n, row in enumerate(holders)]  # fmt: skip
        categories = sorted({parent for _, parent, _ in codes})
        self._copy("licence", LICENCE, licences)
        self._copy("licence_line", "id licence_id code_id modes kg_per_year",
                   [(self._id(), licence[0], category, 7, 10**12)
                    for licence in licences for category in categories])  # fmt: skip
        demands = [self._terms(holder, "demand", None, REACH_KM) for holder in holders]
        self._copy("listing", LISTING, demands)
        accepts = [(demand[0], code, n) for demand in demands for n, (code, _, _) in enumerate(codes)]
        self._copy("listing_accept", "listing_id code_id position", accepts)

    def _write_senders(self, code: int) -> None:
        rows = [self._party("generator", self.strangers_place) for _ in range(self._senders)]
        self._copy("enterprise", ENTERPRISE, rows)
        self.senders = [Sender(str(row[0]), self._key(row)) for row in rows]
        supplies = [self._terms(rows[0], "supply", code, None) for _ in range(100)]
        self._copy("listing", LISTING, supplies)
        self.asked = [str(row[0]) for row in supplies]

    def _party(self, role: str, place: Spot) -> tuple[Any, ...]:
        row = list(self._enterprise(role))
        row[4:7] = place.region, place.lon, place.lat
        row[12:14] = 95_000, "A"
        return tuple(row)

    def _key(self, owner: tuple[Any, ...]) -> str:
        key = f"bench-{owner[0]}"
        digest = hashlib.sha256(key.encode()).hexdigest()
        self._copy("api_key", "id digest enterprise_id name scopes expires_at created_at",
                   [(self._id(), digest, owner[0], "k", SCOPES, WINDOW[1], BEGAN)])  # fmt: skip
        return key

    def _terms(
        self, owner: tuple[Any, ...], kind: str, code: int | None, reach_km: int | None
    ) -> tuple[Any, ...]:
        demand = kind == "demand"
        return (
            self._id(), owner[0], kind, "open", f"{kind} {self._number}", code, 10**9, 10**9, 1_000,
            None, *owner[4:7], reach_km, *WINDOW, "[]", "[]", "R5" if demand else None,
            0 if demand else None, BEGAN, BEGAN, BEGAN, 1, owner[4],
        )  # fmt: skip


def tell_at_once(url: str) -> None:
    """A policy that delays nobody and caps no pair, as the measures of pushes need."""
    with psycopg.connect(url) as connection:
        connection.execute(
            """INSERT INTO matching_policy (version, body, created_by, created_at)
               SELECT version + 1, body || '{"push_pair_cap": 10000, "push_daily_cap": 1000, "push_top": 20,
                      "push_delay_s": {"A": 0, "B": 0, "C": 0, "D": 0}}'::jsonb, created_by, now()
               FROM matching_policy ORDER BY version DESC LIMIT 1"""
        )


def supply(code: str, place: Spot) -> dict[str, Any]:
    """The body of a published supply."""
    return {
        "kind": "supply", "title": f"{code} from {place.region}", "waste": {"scheme": "cn-hw", "code": code},
        "quantity_t": 1000, "min_lot_t": 20, "available_from": "2026-01-01", "available_until": "2030-12-31",
        "region": f"{place.region:06}", "location": {"lon": place.lon, "lat": place.lat}, "publish": True,
    }  # fmt: skip


def _apart(seats: list[Spot], wanted: int) -> list[Spot]:
    """So many seats of which no two are near each other."""
    chosen: list[Spot] = []
    for seat in seats:
        if all(_km(seat, other) > APART_KM for other in chosen):
            chosen.append(seat)
        if len(chosen) == wanted:
            return chosen
    raise ValueError(f"only {len(chosen)} of {wanted} seats lie {APART_KM} km apart")


def _km(one: Spot, other: Spot) -> float:
    """Roughly, for places near each other."""
    east = (one.lon - other.lon) * math.cos(math.radians(one.lat))
    return 111.2 * math.hypot(east, one.lat - other.lat)
