"""Made exchanges whose mechanism is known: towns, hubs of very different size, haulage, likings by code."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

HEADERS = {
    "supplies": "id,code,lat,lon,quantity_t,date",
    "demands": "id,codes,lat,lon,capacity_t,credit",
    "pairs": "supply_id,demand_id,date",
    "tree": "code,parent",
}
FIRST_DAY = date(2024, 1, 1)
DAYS = 730


@dataclass(frozen=True)
class World:
    """How suppliers choose: by size of the receiver (`hubs`), by distance (`haul_km`, the more the less it
    counts), by what the receiver likes (`liking`) and by whom the town knows (`custom`)."""

    supplies: int
    demands: int
    codes: int = 6
    hubs: float = 1.5
    haul_km: float = 120.0
    liking: float = 1.0
    custom: float = 0.7
    dated: bool = True
    seed: int = 1

    def write(self, folder: Path) -> dict[str, Path]:
        """The files, by name."""
        chance = np.random.default_rng(self.seed)
        towns = np.column_stack([chance.uniform(26, 34, 12), chance.uniform(108, 118, 12)])
        town = chance.integers(0, 12, self.supplies)
        supply = towns[town] + chance.normal(0, 0.2, (self.supplies, 2))
        demand = towns[chance.integers(0, 12, self.demands)] + chance.normal(0, 0.4, (self.demands, 2))
        code = chance.integers(0, self.codes, self.supplies)
        accepts = chance.random((self.demands, self.codes)) < 0.4
        accepts[np.arange(self.demands), chance.integers(0, self.codes, self.demands)] = True
        km = 111 * np.hypot(*np.moveaxis(supply[:, None] - demand, -1, 0))
        worth = self.hubs * chance.normal(size=self.demands) - km / self.haul_km
        worth += self.liking * chance.normal(size=(self.codes, self.demands))[code]
        worth += self.custom * chance.normal(size=(12, self.demands))[town]
        worth += chance.gumbel(size=worth.shape)
        worth[~accepts[:, code].T] = -np.inf
        first = chance.integers(0, DAYS - 60, self.supplies)
        pairs = []
        for row in range(self.supplies):
            for column in np.argsort(-worth[row])[: 1 + row % 2]:
                if np.isfinite(worth[row, column]):
                    days = first[row] + chance.integers(0, 60, 1 + row % 3)
                    pairs += [(f"S{row}", f"D{column}", self._date(day)) for day in days.tolist()]
        return write(
            folder,
            supplies=[
                (f"S{row}", f"C{code[row]}", *supply[row].round(4), 100, "") for row in range(self.supplies)
            ],
            demands=[
                (
                    f"D{row}",
                    ";".join(f"C{code}" for code in np.flatnonzero(accepts[row])),
                    *demand[row].round(4),
                    900,
                    80,
                )
                for row in range(self.demands)
            ],
            pairs=pairs,
        )

    def _date(self, day: int) -> str:
        return str(FIRST_DAY + timedelta(days=day)) if self.dated else ""


def write(folder: Path, **tables: Iterable[Sequence[object]]) -> dict[str, Path]:
    """A file for each table of rows."""
    return write_texts(
        folder,
        {
            name: "".join(f"{','.join(map(str, row))}\n" for row in [HEADERS[name].split(","), *rows])
            for name, rows in tables.items()
        },
    )


def write_texts(folder: Path, texts: Mapping[str, str | bytes]) -> dict[str, Path]:
    """A file for each text."""
    folder.mkdir(exist_ok=True, parents=True)
    paths = {name: folder / f"{name}.csv" for name in texts}
    for name, text in texts.items():
        paths[name].write_bytes(text if isinstance(text, bytes) else text.encode())
    return paths


def shuffled(paths: Mapping[str, Path], folder: Path, seed: int) -> dict[str, Path]:
    """The same rows in another order."""
    chance = np.random.default_rng(seed)
    tables = {}
    for name, path in paths.items():
        rows = list(csv.reader(path.read_text().splitlines()))[1:]
        tables[name] = [rows[at] for at in chance.permutation(len(rows)).tolist()]
    return write(folder, **tables)
