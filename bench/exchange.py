"""Open listings for the search bench: real seats and codes, everyday names, the same on every run."""

import csv
import math
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench.city import BEGAN, ENTERPRISE, LISTING, WINDOW, Market, Shape

FIRST_DAY = date(2030, 1, 1)
"""Far off, so that no clock closes a listing."""

NAMES = Path(__file__).parent.parent / "seed" / "data" / "everyday_names.csv"
BEFORE = ("", "", "", "长期供应", "出售", "求购", "高价回收", "处置", "绍兴", "工业")
AFTER = (
    "",
    "",
    "",
    " 20%",
    " 98%",
    "（桶装）",
    "（散装）",
    " pH<2",
    " IBC",
    "，可送样",
    " 一批",
    "，含水率60%",
)
WHOLE = Shape("search", False, tuple(range(11, 66)), 0)


class Exchange(Market):
    """`size` open listings of a tenth as many enterprises; of these 1 % are suspended, 1 % pending.

    The first enterprise is approved; `admit_owner` lets it in.
    """

    def __init__(self, url: str, size: int) -> None:
        super().__init__(url, WHOLE, size)

    def admit_owner(self, url: str, key_digest: str) -> None:
        """Let the first enterprise in by the key of this digest."""
        with psycopg.connect(url) as self._connection:
            row = (self._id(), key_digest, self.owner, "k", ["read"], WINDOW[1], BEGAN)
            self._copy("api_key", "id digest enterprise_id name scopes expires_at created_at", [row])

    def _write(self) -> None:
        self._names = self._named()
        self._weights = [1 / rank for rank in range(1, len(self._names) + 1)]
        holders = [self._holder(number) for number in range(self.size // 10)]
        self.owner: UUID = holders[0][0]
        self._copy("enterprise", ENTERPRISE, holders)
        open_to_all = [holder for holder in holders if holder[10] != "pending"]
        self._accepts: list[tuple[UUID, int, int]] = []
        kept = self._drop_indexes()
        self._connection.execute("SET session_replication_role = replica")
        self._copy("listing", LISTING, self._offers(open_to_all))
        self._copy("listing_accept", "listing_id code_id position", self._accepts)
        self._connection.execute("SET session_replication_role = origin")
        self._connection.execute("SET maintenance_work_mem = '256MB'")
        for definition in kept:
            self._connection.execute(definition)

    def _named(self) -> list[tuple[str, int, int]]:
        """(name, code, its category) of everyday names and of the catalogue's own, in an order of chance."""
        codes = {
            (scheme, code): (name, number, parent or number)
            for scheme, code, name, number, parent in self._rows(
                "SELECT scheme, code, name_zh, id, parent_id FROM waste_code"
                " WHERE tradable AND name_zh <> '' ORDER BY id"
            )
        }
        with NAMES.open(encoding="utf-8") as lines:
            render_warnings = [
                (row["name"], *codes[row["scheme"], row["code"]][1:])
                for row in csv.DictReader(lines)
                if (row["scheme"], row["code"]) in codes
            ]
        named = render_warnings + [(name[:100], number, parent) for name, number, parent in codes.values()]
        self.chance.shuffle(named)
        return named

    def _drop_indexes(self) -> list[str]:
        """Drop what is not a constraint's; the statements that make it again."""
        rows = self._rows(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('listing', 'listing_accept')"
            " AND indexname LIKE 'ix_%%'"
        )
        for name, _ in rows:
            self._connection.execute(f"DROP INDEX {name}")
        return [definition for _, definition in rows]

    def _holder(self, number: int) -> tuple[Any, ...]:
        row = list(self._enterprise("generator"))
        row[10] = {1: "pending", 2: "suspended"}.get(number % 100, "approved")
        return tuple(row)

    def _offers(self, holders: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for first in range(0, self.size, 10_000):
            drawn = self.chance.choices(self._names, self._weights, k=min(10_000, self.size - first))
            for number, named in enumerate(drawn, first):
                yield self._offer(holders[number % len(holders)], *named)

    def _offer(self, owner: tuple[Any, ...], name: str, code: int, category: int) -> tuple[Any, ...]:
        chance = self.chance
        demand = chance.random() < 0.4
        identity = self._id()
        if demand:
            self._accepts.append((identity, category if chance.random() < 1 / 3 else code, 0))
        begins = FIRST_DAY + timedelta(days=int(700 * chance.random()))
        until = begins + timedelta(days=30 + int(365 * chance.random()))
        quantity = round(1000 * math.exp(chance.gauss(4.5, 1.5)))
        price = None if chance.random() < 0.3 else round(100 * chance.gauss(-200, 600))
        return (
            identity, owner[0], "demand" if demand else "supply", "open",
            f"{chance.choice(BEFORE)}{name}{chance.choice(AFTER)}", None if demand else code,
            quantity, quantity, 1, price, *owner[4:7], None, begins, until, "[]", "[]",
            "R5" if demand else None, 0 if demand else None, BEGAN, BEGAN, BEGAN, 1, owner[4],
        )  # fmt: skip
