"""A market in columns, the same on every run: real codes with Zipf sizes on the real district seats.

What is drawn, by fixed seeds:

- 1 receiver for 10 demands, each on the seat of one of 2,844 districts of 31 provinces, up to 0.05 degrees
  away; credit from a normal distribution (75, 14) cut to 0 to 100, grades by it (A from 85, B 70, C 55,
  D 40), 1 % blocked;
- codes by Zipf's law (1 / rank) over the 467 hazardous codes and 34 categories of general waste in a fixed
  random order; 30 % of hazardous demands take the whole category; 80 % use, 15 % dispose, 5 % store;
- 30 % of receivers without a licence for what they ask; the others hold a line for each demand, in half of
  the cases for its category, 5 % ended, kg a year log-normal, a part of it used this year;
- 0.5 % of receivers white-listed for all they ask from three provinces; as many with a channel from one
  of the generators;
- 40 % without a price, others normal (0, 400 CNY/t); masses log-normal around 50 t; smallest lots 0.1 to 5 t;
  windows that begin up to half a year from today, for a month to two years; 30 % go no farther than 100 to
  1,500 km.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import matching as m
from matching.model import Code

TODAY = 20_600
DATA = Path(__file__).parent.parent / "seed" / "data"


@dataclass(frozen=True)
class Market:
    """Demands, side tables, and supplies that ask."""

    demands: m.Demands
    tables: m.Tables
    supplies: m.Supplies


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _book() -> tuple[dict[int, Code], np.ndarray, dict[int, int]]:
    """The book, ids by which listings are coded, and the category of each hazardous one."""
    book: dict[int, Code] = {}
    category_id: dict[str, int] = {}
    category_of: dict[int, int] = {}
    for row in _rows("cn_hazardous_waste.csv"):
        category = row["category"]
        if category not in category_id:
            number = category_id[category] = len(book) + 1
            book[number] = Code("cn-hw", category, category, True, True, "2021", {number: 1.0})
        number, above = len(book) + 1, category_id[category]
        book[number] = Code("cn-hw", row["code"], category, True, True, "2021", {number: 1.0, above: 0.9})
        category_of[number] = above
    used = list(category_of)
    for row in _rows("cn_solid_waste.csv"):
        number = len(book) + 1
        book[number] = Code("cn-sw", row["category"], row["category"], False, True, "2024", {number: 1.0})
        used.append(number)
    order = np.array(used, np.int32)
    np.random.default_rng(7).shuffle(order)
    return book, order, category_of


def _seats() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [
        row
        for row in _rows("cn_regions.csv")
        if row["level"] == "district" and row["adcode"][:2] < "71" and row["latitude"]
    ]
    lat, lon = (np.array([float(row[name]) for row in rows]) for name in ("latitude", "longitude"))
    return np.array([int(row["adcode"][:2]) for row in rows], np.int16), lat, lon


def _grade(credit_milli: np.ndarray) -> np.ndarray:
    return 4 - np.searchsorted([40_000, 55_000, 70_000, 85_000], credit_milli, "right")


def _shared(chance: Any, size: int, first_key: int, owner: np.ndarray, owners: int) -> dict[str, Any]:
    province, lat, lon = _seats()
    seat = chance.integers(0, len(lat), owners)
    near = chance.uniform(-0.05, 0.05, (2, owners))
    credit = np.clip(chance.normal(75, 14, owners) * 1000, 0, 100_000).astype(np.int32)
    remaining = np.maximum(chance.lognormal(np.log(50_000), 1.2, size), 100).astype(np.int64)
    first = TODAY + chance.integers(-180, 180, size)
    last = np.maximum(first + chance.integers(30, 730, size), TODAY)
    unpriced, unlimited = chance.random(size) < 0.4, chance.random(size) < 0.7
    return {
        "key": first_key + np.arange(size),
        "id_hi": chance.integers(0, 2**63, size).astype(np.uint64),
        "id_lo": chance.integers(0, 2**63, size).astype(np.uint64),
        "enterprise": first_key + owner,
        "province": province[seat][owner],
        "lat": (lat[seat] + near[0])[owner],
        "lon": (lon[seat] + near[1])[owner],
        "remaining_kg": remaining,
        "min_lot_kg": np.minimum(chance.integers(100, 5_000, size), remaining),
        "price_fen": np.where(unpriced, m.NO_PRICE, (chance.normal(0, 400, size) * 100).astype(np.int64)),
        "max_km": np.where(unlimited, np.inf, chance.uniform(100, 1_500, size).round()),
        "first_day": first.astype(np.int32),
        "last_day": last.astype(np.int32),
        "credit_milli": credit[owner],
        "grade": _grade(credit)[owner].astype(np.int8),
        "blocked": (chance.random(owners) < 0.01)[owner],
    }


def _zipf(chance: Any, codes: np.ndarray, size: int) -> np.ndarray:
    weight = 1 / np.arange(1, len(codes) + 1)
    return chance.choice(codes, size, p=weight / weight.sum())


def market(size: int, questions: int) -> Market:
    """So many demands, and so many supplies that ask."""
    chance = np.random.default_rng(size)
    book, codes, category_of = _book()
    receivers = max(size // 10, 1)
    owner = chance.integers(0, receivers, size)
    shared = _shared(chance, size, 0, owner, receivers)
    code = _zipf(chance, codes, size)
    category = np.array([category_of.get(code_id, code_id) for code_id in range(len(book) + 1)], np.int32)
    demands = m.Demands(
        **shared,
        accepts=np.where(chance.random(size) < 0.3, category[code], code),
        mode=chance.choice(np.array([0, 1, 2], np.int8), size, p=[0.8, 0.15, 0.05]),
        exemption_item=np.zeros(size, np.int16),
        exemption_review=np.zeros(size, np.int8),
    )
    generators = questions
    supplies = m.Supplies(
        **_shared(chance, questions, 10**9, np.arange(questions), generators),
        code=_zipf(chance, codes, questions),
        small_generator=chance.random(questions) < 0.2,
    )
    tables = m.Tables.empty(book)
    hazardous = np.array([False, *(book[code_id].hazardous for code_id in range(1, len(book) + 1))])
    return Market(
        demands, _with_law(chance, demands, supplies, tables, hazardous, category, receivers), supplies
    )


def _with_law(
    chance: Any, demands: m.Demands, supplies: m.Supplies, tables: m.Tables, hazardous: Any, category: Any,
    receivers: int,
) -> m.Tables:  # fmt: skip
    licensed = chance.random(receivers) >= 0.3
    rows = np.flatnonzero(hazardous[demands.accepts] & licensed[demands.enterprise])
    size = len(rows)
    whole = chance.random(size) < 0.5
    code = np.where(whole, category[demands.accepts[rows]], demands.accepts[rows])
    with_channel = np.flatnonzero((chance.random(receivers) < 0.005)[demands.enterprise[rows]])
    channels = rows[with_channel]
    lines, every = size + len(channels), np.concatenate([rows, channels])
    ended = chance.random(lines) < 0.05
    kg = chance.lognormal(np.log(500_000), 1, lines).astype(np.int64)
    from_one = supplies.enterprise[chance.integers(0, len(supplies), len(channels))]
    permits = m.Permits(
        kind=np.where(np.arange(lines) < size, m.Basis.LICENCE, m.Basis.CHANNEL).astype(np.int8),
        receiver=demands.enterprise[every],
        generator=np.concatenate([np.full(size, m.ANY_GENERATOR), from_one]),
        code=np.concatenate([code, demands.accepts[channels]]),
        modes=np.where(chance.random(lines) < 0.9, 7, 1).astype(np.uint8),
        first_day=np.full(lines, TODAY - 700, np.int32),
        last_day=np.where(ended, TODAY - 1, TODAY + chance.integers(30, 1_500, lines)).astype(np.int32),
        kg_per_year=kg,
        capacity=np.arange(lines),
        id_hi=chance.integers(0, 2**63, lines).astype(np.uint64),
        id_lo=chance.integers(0, 2**63, lines).astype(np.uint64),
        paused=np.zeros(lines, bool),
        usage_permit=np.arange(lines)[::2],
        usage_year=np.full(len(kg[::2]), 2026, np.int16),
        usage_kg=(kg[::2] * chance.random(len(kg[::2]))).astype(np.int64),
    )
    white = np.repeat(rows[(chance.random(receivers) < 0.005)[demands.enterprise[rows]]], 3)
    provinces = np.unique(supplies.province)
    listed = m.WhiteList(
        receiver=demands.enterprise[white],
        code=demands.accepts[white],
        from_province=chance.choice(provinces, len(white)).astype(np.int16),
        first_day=np.full(len(white), TODAY - 100, np.int32),
        last_day=np.full(len(white), TODAY + 600, np.int32),
    )
    return replace(tables, permits=permits, white_list=listed)
