"""Who an invented enterprise is: a name, a made-up USCC, and a history that earns its grade."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from stdnum.cn import uscc

LATE, MINOR, MAJOR = "manifest.late_close", "law.penalty_minor", "law.penalty_major"
FAULT, DUMPING, DONE = "fulfilment.cancelled_by_fault", "law.illegal_dumping", "fulfilment.completed"

RECORDS: dict[str, tuple[tuple[bool, tuple[str, ...]], ...]] = {
    "A": ((True, ()), (True, ()), (True, (LATE,)), (True, (MINOR,)), (True, (LATE, FAULT))),
    "B": (
        (False, ()),
        (False, ()),
        (False, (LATE,)),
        (False, (FAULT,)),
        (True, (MAJOR,)),
        (True, (MINOR, MINOR)),
    ),
    "C": (
        (True, (MAJOR, MAJOR)),
        (False, (MAJOR,)),
        (False, (MINOR, MINOR)),
        (True, (MAJOR, MINOR, MINOR, LATE)),
    ),
    "D": ((True, (MAJOR, MAJOR, MAJOR, MINOR)), (False, (MAJOR, MAJOR))),
    "E": ((False, (DUMPING,)), (True, (DUMPING, MAJOR))),
}
"""Histories that lead to each grade: established or not, and the deductions."""

_FIRST, _SECOND = (
    "澜泽沐岚禾钰衡朗璟栩霁汀峤芃砚沅淳旻翊昀晟曜瑄琰",
    "川岳舟原屿林庭源峰谷野湖桥石溪塘洲陵桐松浦坞墩汇浜岗埠渚湾畈屏岩",
)
SURNAMES = "沈陈王俞金章徐周李赵钱孙朱何吕施张孔曹严"


def invented_names(rng: Random) -> Iterator[str]:
    """Two-character names, each once, in random order."""
    names = [first + second for first in _FIRST for second in _SECOND]
    rng.shuffle(names)
    return iter(names)


def given_names(rng: Random) -> Iterator[str]:
    """Given names of invented persons, each once, in random order."""
    names = [first + second for first in _FIRST for second in "明芳强敏军丽勇静涛洁斌萍刚燕辉琴超颖峰霞"]
    rng.shuffle(names)
    return iter(names)


def record(rng: Random, grade: str) -> tuple[bool, tuple[tuple[str, int], ...]]:
    """A history that leads to `grade`, on distinct days of the year that counts, newest first."""
    established, deductions = rng.choice(RECORDS[grade])
    rules = [*deductions, *[DONE] * rng.choice((0, 0, 0, 1, 2))]
    rng.shuffle(rules)
    days = sorted(rng.sample(range(5, 700), len(rules)))
    distinct = (5 + (day - 5) // 2 + number for number, day in enumerate(days))
    return established, tuple(zip(rules, distinct, strict=True))


def demo_uscc(region: int, number: int) -> str:
    """A well-formed USCC; its organisation code DEMnnnnn says that it was made up."""
    organisation = f"DEM{number:05}"
    body = f"91{region}{organisation}{_organisation_check(organisation)}"
    return body + uscc.calc_check_digit(body)


def _organisation_check(organisation: str) -> str:
    """The check character of an organisation code (GB 11714-1997, modulo 11)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(sign, 36) * weight for sign, weight in zip(organisation, weights, strict=True))
    return "0123456789X0"[11 - total % 11]
