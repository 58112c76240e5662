"""What makes a pairing lawful and possible at all: eleven yes-or-no rules, and the warnings that go with
them.

The licence, region and composition gates have files of their own, which cite the law. Each function judges
all pairs at once and returns columns of shape (n,).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    MM_PER_KM,
    Basis,
    Bools,
    Floats,
    Grade,
    Ints,
    Policy,
)
from matching.rules.composition import check_composition
from matching.rules.cross_province import may_cross, same_customs_zone
from matching.rules.licensing import (
    exemption_warnings,
    legal_basis,
    needed_kg,
    verification_warnings,
)
from matching.rules.pairs import Pairs
from matching.rules.score import priced
from matching.rules.warnings import Warn, Warnings, flags

GATES = (
    "prohibited",
    "code",
    "licence",
    "region",
    "credit",
    "quantity",
    "time",
    "price",
    "distance",
    "composition",
    "self",
)


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """`passed` of shape (11, n) in the order of `GATES`; the rest of shape (n,). `permit` and `approval` are
    rows of `Permits` and `Approvals`, or -1."""

    passed: Bools
    basis: NDArray[np.int8]
    permit: Ints
    approval: Ints
    warnings: Warnings

    @property
    def lawful(self) -> Bools:
        """Pairs that pass every gate, shape (n,)."""
        return np.asarray(self.passed.all(axis=0))


def judge(policy: Policy, pairs: Pairs) -> Judgement:
    """Hold every pair against every gate."""
    legal = legal_basis(pairs)
    crossing = may_cross(policy, pairs, legal.channel)
    trusts, credit_warnings = credit(pairs)
    mixes, mix_warnings = check_composition(pairs)
    passes = (
        prohibited(pairs),
        pairs.fit > 0,
        legal.basis != Basis.NONE,
        crossing.passes,
        trusts,
        quantity(pairs),
        time(pairs),
        price(pairs),
        distance(pairs),
        mixes,
        pairs.supplies.enterprise != pairs.demands.enterprise,
    )
    passed = np.stack([pairs.spread(gate) for gate in passes])
    basis_warnings = exemption_warnings(pairs, legal.basis) | verification_warnings(legal.basis)
    warnings = crossing.warnings | credit_warnings | mix_warnings | basis_warnings
    return Judgement(passed, legal.basis, legal.permit, crossing.approval, warnings)


def prohibited(pairs: Pairs) -> Bools:
    """Passes a tradable code that does not cross a customs border."""
    passes: Bools = pairs.coded.where(lambda code: code.tradable) & same_customs_zone(pairs)
    return passes


def credit(pairs: Pairs) -> tuple[Bools, Warnings]:
    """A receiver of grade E or blocked is out; a generator in that state has A and B only, supervised."""
    supplies, demands = pairs.supplies, pairs.demands
    fallen = (supplies.grade == Grade.E) | supplies.blocked
    receives = (demands.grade != Grade.E) & ~demands.blocked
    passes = pairs.spread(receives & (~fallen | (demands.grade <= Grade.B)))
    return passes, flags(pairs.spread(fallen), Warn.SUPERVISED)


def quantity(pairs: Pairs) -> Bools:
    """What remains on both sides reaches the minimum lot of both."""
    enough: Bools = np.minimum(pairs.supplies.remaining_kg, pairs.demands.remaining_kg) >= needed_kg(pairs)
    return enough


def time(pairs: Pairs) -> Bools:
    """The windows share a day, and one that is not over; both ends included."""
    supplies, demands = pairs.supplies, pairs.demands
    first = np.maximum(np.maximum(supplies.first_day, demands.first_day), pairs.today)
    shares: Bools = first <= np.minimum(supplies.last_day, demands.last_day)
    return shares


def price(pairs: Pairs) -> Bools:
    """Where both name a price, the demand's is not below the supply's."""
    supply_fen, demand_fen = pairs.supplies.price_fen, pairs.demands.price_fen
    passes: Bools = ~priced(supply_fen, demand_fen) | (demand_fen >= supply_fen)
    return passes


def distance(pairs: Pairs) -> Bools:
    """Within the smaller of both limits, compared in whole millimetres."""
    within: Bools = pairs.mm <= np.rint(limit_km(pairs) * MM_PER_KM)
    return within


def limit_km(pairs: Pairs) -> Floats:
    """The smaller of both sides' limits in km; infinite when neither has one."""
    return np.minimum(pairs.supplies.max_km, pairs.demands.max_km)
