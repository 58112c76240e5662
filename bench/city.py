"""A large market written straight into a migrated database, the same on every run: real codes, real seats."""

import hashlib
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
from stdnum.cn import uscc

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = (date(2026, 1, 1), date(2030, 12, 31))
ENTERPRISE = (
    "id uscc name roles region lon lat contact_name contact_email contact_phone status small_generator"
    " credit_milli grade provisional blocked credit_as_of created_at updated_at version"
    " name_folded name_skeleton"
)
LISTING = (
    "id enterprise_id kind status title code_id quantity_kg remaining_kg min_lot_kg price_fen region lon lat"
    " max_distance_km available_from available_until composition requires treatment mode"
    " published_at created_at updated_at version place_region"
)
LICENCE = "id enterprise_id number kind valid_from valid_until created_at"


@dataclass(frozen=True)
class Shape:
    """What a market looks like.

    `one_code`: every supply is 900-349-34, every demand takes that or HW34; otherwise codes follow Zipf's law
    over the hazardous catalogue. A receiver has so many demands each, and a licence for what it takes.
    """

    name: str
    one_code: bool
    provinces: tuple[int, ...]
    demands_each: int


ONE_CODE = Shape("one code", True, (33,), 1)
REAL_CODES = Shape("real codes", False, (31, 32, 33, 34), 10)


class Market:
    """`size` open demands and as many open supplies in the database at `url`."""

    def __init__(self, url: str, shape: Shape, size: int) -> None:
        self.shape, self.size = shape, size
        self.chance = random.Random(f"{shape.name} {size}")
        self.supplies: list[UUID] = []
        self.demands: list[UUID] = []
        self._number = 0
        with psycopg.connect(url) as self._connection:
            self._seats = self._rows(
                "SELECT adcode, lon, lat FROM region WHERE level = 'district' AND adcode / 10000 = ANY(%s)"
                " ORDER BY adcode",
                list(shape.provinces),
            )
            self._codes = self._rows(
                "SELECT c.id, c.parent_id FROM waste_code c WHERE c.scheme = 'cn-hw' AND c.level = 'code'"
                " AND c.tradable AND (c.code = '900-349-34' OR NOT %s) ORDER BY md5(c.code)",
                shape.one_code,
            )
            self._zipf = [1 / rank for rank in range(1, len(self._codes) + 1)]
            self._write()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def admit(self, url: str, key: str) -> None:
        """Let an admin in by `key`."""
        rows = [(self._id(), "admin", "bench", BEGAN)]
        keys = [
            (
                self._id(),
                hashlib.sha256(key.encode()).hexdigest(),
                rows[0][0],
                "k",
                ["read"],
                WINDOW[1],
                BEGAN,
            )
        ]
        with psycopg.connect(url) as self._connection:
            self._copy("staff", "id kind name created_at", rows)
            self._copy("api_key", "id digest staff_id name scopes expires_at created_at", keys)

    def _rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, params).fetchall()

    def _copy(self, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._connection.cursor().copy(
            f"COPY {table} ({columns.replace(' ', ', ')}) FROM STDIN"
        ) as stream:
            for row in rows:
                stream.write_row(row)

    def _id(self) -> UUID:
        """A UUIDv7, ascending."""
        self._number += 1
        return UUID(
            int=(0x0190_0000_0000 + self._number) << 80 | 0x7 << 76 | 0x2 << 62 | self.chance.getrandbits(62)
        )

    def _write(self) -> None:
        holders = [self._enterprise("recycler") for _ in range(self.size // self.shape.demands_each)]
        generators = [self._enterprise("generator") for _ in range(max(self.size // 10, 1))]
        self._copy("enterprise", ENTERPRISE, holders + generators)
        takes = {holder[0]: self._taken() for holder in holders}
        self._write_licences(takes)
        demands = [self._listing(holders[n % len(holders)], "demand", None) for n in range(self.size)]
        supplies = [
            self._listing(generators[n % len(generators)], "supply", self._code()[0])
            for n in range(self.size)
        ]
        self._copy("listing", LISTING, demands + supplies)
        accepts = [(row[0], code, place) for row in demands for place, code in enumerate(takes[row[1]])]
        self._copy("listing_accept", "listing_id code_id position", accepts)
        self.demands, self.supplies = [row[0] for row in demands], [row[0] for row in supplies]

    def _code(self) -> tuple[int, int]:
        return self.chance.choices(self._codes, self._zipf)[0]

    def _taken(self) -> list[int]:
        """Codes a receiver takes, by category every third time (one code: every second)."""
        if self.shape.one_code:
            return [self._code()[self.chance.randrange(2)]]
        drawn = [self._code() for _ in range(self.chance.randint(1, 3))]
        return list(dict.fromkeys(parent if self.chance.random() < 1 / 3 else code for code, parent in drawn))

    def _enterprise(self, role: str) -> tuple[Any, ...]:
        region, lon, lat = self._place()
        identity = self._id()
        stem = f"91330600{self._number:09d}"
        credit = round(min(100.0, max(30.0, self.chance.gauss(84, 12))) * 1000)
        grade = next(
            g for g, least in zip("ABCDE", (90, 75, 60, 40, 0), strict=True) if credit >= least * 1000
        )
        return (
            identity, stem + uscc.calc_check_digit(stem), f"{role} {self._number}", [role], region, lon, lat,
            "王厂长", "a@example.com", "0575-85000000", "approved", False, credit, grade, False, False,
            BEGAN.date(), BEGAN, BEGAN, 1, f"{role} {self._number}", f"{role} {self._number}",
        )  # fmt: skip

    def _place(self) -> tuple[int, float, float]:
        region, lon, lat = self.chance.choice(self._seats)
        return region, round(lon + self.chance.gauss(0, 0.05), 6), round(lat + self.chance.gauss(0, 0.05), 6)

    def _write_licences(self, takes: dict[UUID, list[int]]) -> None:
        licences = [
            (self._id(), holder, f"浙危废经第{n}号", "comprehensive", *WINDOW, BEGAN)
            for n, holder in enumerate(takes)
        ]
        lines = [
            (self._id(), licence[0], code, 7, 10**9) for licence in licences for code in takes[licence[1]]
        ]
        self._copy("licence", LICENCE, licences)
        self._copy("licence_line", "id licence_id code_id modes kg_per_year", lines)
        numbers = self._rows(
            "SELECT no FROM licence_line WHERE id = ANY(%s)", [line[0] for line in lines[::10]]
        )
        used = [("line", no, 2026, 10**9, self.chance.randrange(10**6)) for (no,) in sorted(numbers)]
        self._copy("permit_year", "permit_kind capacity_no year allowed_kg used_kg", used)

    def _listing(self, owner: tuple[Any, ...], kind: str, code: int | None) -> tuple[Any, ...]:
        region, lon, lat = owner[4:7]
        demand = kind == "demand"
        quantity = self.chance.randrange(50_000, 5_000_000)
        price = self.chance.choice([None, self.chance.randrange(-30_000, 30_000)])
        composition = json.dumps(self._composition(demand) if self.chance.random() < 0.5 else [])
        return (
            self._id(), owner[0], kind, "open", f"{kind} {self._number}", code, quantity, quantity, 20_000,
            price, region, lon, lat, None, *WINDOW, "[]" if demand else composition,
            composition if demand else "[]", "R5" if demand else None, 0 if demand else None,
            BEGAN, BEGAN, BEGAN, 1, region,
        )  # fmt: skip

    def _composition(self, demand: bool) -> list[dict[str, Any]]:
        """What half of the demands require of acid and iron, and half of the supplies state."""
        acid, iron = self.chance.randrange(5, 40), self.chance.randrange(10, 900)
        return [
            {"component": "H2SO4", "min": acid, "max": acid + (25 if demand else 5), "unit": "%"},
            {"component": "Fe", "min": None if demand else iron // 2, "max": iron, "unit": "mg/L"},
        ]
