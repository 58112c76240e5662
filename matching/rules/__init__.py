"""The rules of matching: what is lawful, what a pairing scores, which comes first, and why.

Public modules: `gates` (what makes a pairing lawful) and `score` (the six values and their sum).
"""

from matching.rules import gates, score
from matching.rules.explanation import Failure, Pairing, explain
from matching.rules.gates import CUSTOMS_TERRITORIES, GATES, NO_PERMIT, Warn
from matching.rules.pairs import Pairs, Side, covering
from matching.rules.ranking import Keys, Position, Ranking, Sort, first, rank_demands, rank_supplies
from matching.rules.ranking_bounds import Bounds, bounds, outline
from matching.rules.score import LEARNED_UNIT, SCORE_UNIT, VALUE_UNIT, contributions, distance_value
from matching.rules.side_tables import (
    CrossProvinceRows,
    NamedParties,
    Records,
    RecordsByOwner,
    SideTables,
    cross_province_rows_of,
    named_parties,
    ranges_of,
    side_tables_of,
)

__all__ = [
    "CUSTOMS_TERRITORIES",
    "GATES",
    "LEARNED_UNIT",
    "NO_PERMIT",
    "SCORE_UNIT",
    "VALUE_UNIT",
    "Bounds",
    "CrossProvinceRows",
    "Failure",
    "Keys",
    "NamedParties",
    "Pairing",
    "Pairs",
    "Position",
    "Ranking",
    "Records",
    "RecordsByOwner",
    "Side",
    "SideTables",
    "Sort",
    "Warn",
    "bounds",
    "contributions",
    "covering",
    "cross_province_rows_of",
    "distance_value",
    "explain",
    "first",
    "gates",
    "named_parties",
    "outline",
    "ranges_of",
    "rank_demands",
    "rank_supplies",
    "score",
    "side_tables_of",
]
