"""Other ways to rank the demands of `bench.market` exactly: `top(number)` gives the keys for one supply."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from geopy.distance import great_circle

import matching as m
from bench.market import TODAY, Market
from matching.model import EARTH_RADIUS_KM

OTHERS = 0.75
"""What all components but distance can add up to."""
GLOBE_KM = 20_016.0
EARTHDISTANCE_RADIUS_M = 6_378_168.0


class NumpyScan:
    """All rows' codes compared, then brute force on those that fit."""

    def __init__(self, drawn: Market, k: int) -> None:
        self._market, self._k = drawn, k

    def top(self, number: int) -> list[int]:
        drawn, supply = self._market, self._market.supplies.take([number])
        fits = np.isin(drawn.demands.accepts, list(drawn.tables.book[int(supply.code[0])].aliases))
        return ranked(drawn, supply, np.flatnonzero(fits), self._k)[0]

    def close(self) -> None:
        """Nothing to close."""


def ranked(drawn: Market, supply: m.Supplies, rows: np.ndarray, k: int) -> tuple[list[int], float]:
    """Keys of the best of some rows, and the score of the last of `k`, 0 if there are fewer."""
    demands = drawn.demands.take(rows)
    found = m.rank_demands(m.DEFAULT, supply, demands, drawn.tables, TODAY, k=k)
    worst = found.scores[-1] / m.SCORE_UNIT if len(found) == k else 0.0
    return demands.key[found.rows].tolist(), float(worst)


def reach_km(worst: float) -> float:
    """How far a row may be and still reach a score, were it the best in all else."""
    share = (worst - OTHERS) / 0.25
    return GLOBE_KM if share <= 0 else min(-100 * float(np.log2(min(share, 1.0))), GLOBE_KM)


class BallTreeScan:
    """A tree of places for each code; the rows within a radius re-ranked, wider until none can be missing."""

    def __init__(self, drawn: Market, k: int) -> None:
        from sklearn.neighbors import BallTree  # only here: who times another way loads a second less

        self._market, self._k = drawn, k
        self._place = np.radians(np.stack([drawn.demands.lat, drawn.demands.lon], axis=1))
        order = np.argsort(drawn.demands.accepts, kind="stable")
        codes, start = np.unique(drawn.demands.accepts[order], return_index=True)
        rows = dict(zip(codes.tolist(), np.split(order, start[1:]), strict=True))
        self._trees = {code: (BallTree(self._place[at], metric="haversine"), at) for code, at in rows.items()}

    def top(self, number: int) -> list[int]:
        drawn, supply = self._market, self._market.supplies.take([number])
        here = np.radians([[supply.lat[0], supply.lon[0]]])
        codes = [code for code in drawn.tables.book[int(supply.code[0])].aliases if code in self._trees]
        km = 200.0
        while True:
            near = [
                at[tree.query_radius(here, (km + 0.001) / EARTH_RADIUS_KM)[0]]
                for tree, at in (self._trees[code] for code in codes)
            ]
            keys, worst = ranked(drawn, supply, np.concatenate([np.empty(0, np.int64), *near]), self._k)
            if km >= min(reach_km(worst), GLOBE_KM):
                return keys
            km = min(km * 4, GLOBE_KM)

    def close(self) -> None:
        """Nothing to close."""


class GeopyLoop:
    """Distances by geopy, one pair after the other, for the rows whose codes fit."""

    def __init__(self, drawn: Market) -> None:
        self._market = drawn

    def extrapolated(self, questions: int) -> dict[str, Any]:
        """Milliseconds a question, from the time of 2,000 pairs and the number of rows that fit."""
        drawn = self._market
        pairs = [(drawn.demands.lat[n], drawn.demands.lon[n]) for n in range(2_000)]
        start = time.perf_counter()
        for place in pairs:
            great_circle((30.0, 120.6), place).kilometers  # noqa: B018
        each_ms = (time.perf_counter() - start) * 1000 / len(pairs)
        size = np.bincount(drawn.demands.accepts, minlength=len(drawn.tables.book) + 1)
        fits = [
            size[list(drawn.tables.book[code].aliases)].sum()
            for code in drawn.supplies.code[:questions].tolist()
        ]
        took = np.array(fits) * each_ms
        return {
            "median_ms": round(float(np.median(took)), 2),
            "p99_ms": round(float(np.percentile(took, 99)), 2),
            "mean_ms": round(float(took.mean()), 2),
            "queries": len(took),
            "extrapolated": True,
        }


TABLES = """
DROP TABLE IF EXISTS demand, permit, used, white, alias;
CREATE EXTENSION IF NOT EXISTS cube; CREATE EXTENSION IF NOT EXISTS earthdistance;
CREATE TABLE demand (key int8, id uuid, enterprise int8, province int2, lat float8, lon float8,
  remaining int8, min_lot int8, price int8, max_km float8, first int4, last int4, credit int4, grade int2,
  blocked bool, code int4, mode int2);
CREATE TABLE permit (no int4, receiver int8, generator int8, code int4, kind int2, modes int4, first int4,
  last int4, kg int8);
CREATE TABLE used (permit int4, year int4, kg int8);
CREATE TABLE white (receiver int8, code int4, province int2, first int4, last int4);
CREATE TABLE alias (code int4, alias int4, factor float8);
"""
INDEXES = """
ALTER TABLE demand ADD COLUMN place earth;
UPDATE demand SET place = ll_to_earth(lat, lon);
CREATE INDEX ON demand (code, province);
CREATE INDEX ON demand USING gist (place);
CREATE INDEX ON permit (receiver, code); CREATE INDEX ON used (permit, year);
CREATE INDEX ON white (receiver, code, province); CREATE INDEX ON alias (code);
VACUUM ANALYZE;
"""
HAVERSINE = """
2 * 6371.0088 * atan2(
  sqrt(sin(radians(d.lat - %(lat)s) / 2) ^ 2
       + cos(radians(%(lat)s)) * cos(radians(d.lat)) * sin(radians(d.lon - %(lon)s) / 2) ^ 2),
  sqrt(sin(radians(d.lat + %(lat)s) / 2) ^ 2
       + cos(radians(%(lat)s)) * cos(radians(d.lat)) * cos(radians(d.lon - %(lon)s) / 2) ^ 2))
"""
EARTH = f"earth_distance(ll_to_earth(%(lat)s, %(lon)s), d.place) / {EARTHDISTANCE_RADIUS_M} * 6371.0088"
IN_THE_BOX = "AND earth_box(ll_to_earth(%(lat)s, %(lon)s), %(box_m)s) @> d.place"
DAY = "greatest(%(first)s, d.first, {0}.first, %(today)s)"
HOLDS = DAY + " <= least(%(last)s, d.last, {0}.last)"
PERMIT_HOLDS = f"""
p.receiver = d.enterprise AND p.code IN (SELECT alias FROM alias WHERE code = %(code)s)
AND p.generator IN (-1, %(enterprise)s) AND (p.modes >> d.mode) & 1 = 1 AND {HOLDS.format("p")}
AND p.kg - coalesce((SELECT sum(u.kg) FROM used u WHERE u.permit = p.no AND u.year =
      extract(year FROM DATE '1970-01-01' + {DAY.format("p")})), 0) >= greatest(%(min_lot)s, d.min_lot, 1)
"""
STATEMENT = """
WITH found AS (
  SELECT d.*, a.factor, {km} AS km FROM alias a JOIN demand d ON d.code = a.alias
  WHERE a.code = %(code)s {box}
    AND d.enterprise <> %(enterprise)s AND d.grade <> 4 AND NOT d.blocked AND (NOT %(fallen)s OR d.grade <= 1)
    AND least(d.remaining, %(remaining)s) >= greatest(d.min_lot, %(min_lot)s, 1)
    AND greatest(d.first, %(first)s, %(today)s) <= least(d.last, %(last)s)
    AND (d.price IS NULL OR %(price)s::int8 IS NULL OR d.price >= %(price)s::int8)
    AND (NOT %(hazardous)s OR ((d.province = %(province)s
        OR EXISTS (SELECT FROM white w WHERE w.receiver = d.enterprise AND w.province = %(province)s
                   AND w.code IN (SELECT alias FROM alias WHERE code = %(code)s) AND {white})
        OR EXISTS (SELECT FROM permit p WHERE p.kind = 2 AND {permit}))
      AND EXISTS (SELECT FROM permit p WHERE {permit})))
)
SELECT key FROM found
WHERE round(km * 1e6) <= round(least(max_km, %(max_km)s) * 1e6)
ORDER BY 250000 * round(factor * 1e9) + 250000 * round(power(2, -km / 100) * 1e9)
  + 250000 * round(credit / 100000::float8 * 1e9)
  + 120000 * round((CASE WHEN price IS NULL OR %(price)s::int8 IS NULL THEN 0.5::float8
      ELSE 0.5::float8 + 0.5::float8 * ((price - %(price)s)::float8 / (price - %(price)s + 30000)) END) * 1e9)
  + 80000 * round(least(remaining::float8 / greatest(%(remaining)s, 1), 1) * 1e9)
  + 50000 * round(least((least(last, %(last)s) - greatest(first, %(first)s) + 1)::float8
      / greatest(least(last - first, %(last)s - %(first)s) + 1, 1), 1) * 1e9) DESC,
  credit DESC, round(km * 1e6), id
LIMIT {k}
"""


class Postgres:
    """One statement; with `earthdistance` only in a box that surely holds the page, whose size is given away:
    `boxes_km` are worked out from the known answers."""

    def __init__(self, url: str, drawn: Market, k: int, boxes_km: list[float] | None) -> None:
        self._market, self._boxes = drawn, boxes_km
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute("SET jit = off")
        self._statement = STATEMENT.format(
            km=HAVERSINE if boxes_km is None else EARTH,
            box="" if boxes_km is None else IN_THE_BOX,
            white=HOLDS.format("w"),
            permit=PERMIT_HOLDS,
            k=k,
        )

    def top(self, number: int) -> list[int]:
        rows = self._connection.execute(self._statement, self._params(number), prepare=True).fetchall()
        return [row[0] for row in rows]

    def _params(self, number: int) -> dict[str, Any]:
        drawn = self._market.supplies
        names = {
            "first": "first_day",
            "last": "last_day",
            "min_lot": "min_lot_kg",
            "remaining": "remaining_kg",
        }
        same = ("code", "province", "enterprise", "lat", "lon", "max_km")
        params = {name: getattr(drawn, names.get(name, name))[number].item() for name in (*same, *names)}
        price = int(drawn.price_fen[number])
        return {
            **params,
            "price": None if price == m.NO_PRICE else price,
            "fallen": bool(drawn.blocked[number] or drawn.grade[number] == m.Grade.E),
            "hazardous": self._market.tables.book[params["code"]].hazardous,
            "today": TODAY,
            "box_m": (self._boxes[number] if self._boxes else 0) * 1000 * EARTHDISTANCE_RADIUS_M / 6_371_008.8
            + 1,
        }

    def close(self) -> None:
        self._connection.close()


def load(url: str, drawn: Market) -> None:
    """Put a market into a database, with the indexes that help."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in TABLES.split(";"):
            connection.execute(statement)
        for table, columns in _columns(drawn).items():
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in zip(*columns, strict=True):
                    copy.write_row(row)
        for statement in INDEXES.split(";"):
            connection.execute(statement)


def _columns(drawn: Market) -> dict[str, list[Any]]:
    d, p, w = drawn.demands, drawn.tables.permits, drawn.tables.white_list
    ids: Iterator[UUID] = (
        UUID(int=high << 64 | low) for high, low in zip(d.id_hi.tolist(), d.id_lo.tolist(), strict=True)
    )
    price = [None if fen == m.NO_PRICE else fen for fen in d.price_fen.tolist()]
    aliases = [
        (code, alias, factor)
        for code, one in drawn.tables.book.items()
        for alias, factor in one.aliases.items()
    ]
    return {
        "demand": [
            d.key.tolist(), ids, d.enterprise.tolist(), d.province.tolist(), d.lat.tolist(), d.lon.tolist(),
            d.remaining_kg.tolist(), d.min_lot_kg.tolist(), price, d.max_km.tolist(), d.first_day.tolist(),
            d.last_day.tolist(), d.credit_milli.tolist(), d.grade.tolist(), d.blocked.tolist(),
            d.accepts.tolist(), d.mode.tolist(),
        ],
        "permit": [range(len(p)), p.receiver.tolist(), p.generator.tolist(), p.code.tolist(), p.kind.tolist(),
                   p.modes.tolist(), p.first_day.tolist(), p.last_day.tolist(), p.kg_per_year.tolist()],
        "used": [p.usage_permit.tolist(), p.usage_year.tolist(), p.usage_kg.tolist()],
        "white": [w.receiver.tolist(), w.code.tolist(), w.from_province.tolist(), w.first_day.tolist(),
                  w.last_day.tolist()],
        "alias": list(zip(*aliases, strict=True)),
    }  # fmt: skip
