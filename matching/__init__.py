"""Arrays in, ranked arrays out: which demands suit a supply, which supplies suit a demand, and why.

Pure functions over columns: the same inputs give the same answer on every machine; the day is an argument.
"""

from matching.batches import Best
from matching.bounds import Bounds, bounds, sketch
from matching.codes import CATEGORY_FACTOR, Code
from matching.columns import (
    ANY_GENERATOR,
    NO_PRICE,
    Basis,
    Components,
    Demands,
    ExemptionList,
    Grade,
    Mode,
    Permits,
    Review,
    Supplies,
    Tables,
    VerifiedExemptions,
    WhiteList,
)
from matching.components import LEARNED_UNIT, SCORE_UNIT, VALUE_UNIT, contributions
from matching.explanation import Failure, Pairing, explain
from matching.gates import GATES, Warn
from matching.geo import geodesic_km
from matching.index import Index
from matching.pairs import Side
from matching.policy import COMPONENTS, COST_FIRST, DEFAULT, Policy, PolicyError
from matching.ranking import Position, Ranking, Sort, rank_demands, rank_supplies

__all__ = [
    "ANY_GENERATOR",
    "CATEGORY_FACTOR",
    "COMPONENTS",
    "COST_FIRST",
    "DEFAULT",
    "GATES",
    "LEARNED_UNIT",
    "NO_PRICE",
    "SCORE_UNIT",
    "VALUE_UNIT",
    "Basis",
    "Best",
    "Bounds",
    "Code",
    "Components",
    "Demands",
    "ExemptionList",
    "Failure",
    "Grade",
    "Index",
    "Mode",
    "Pairing",
    "Permits",
    "Policy",
    "PolicyError",
    "Position",
    "Ranking",
    "Review",
    "Side",
    "Sort",
    "Supplies",
    "Tables",
    "VerifiedExemptions",
    "Warn",
    "WhiteList",
    "bounds",
    "contributions",
    "explain",
    "geodesic_km",
    "rank_demands",
    "rank_supplies",
    "sketch",
]
