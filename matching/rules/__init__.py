"""The rules of matching: what is lawful, what a pairing scores, which comes first, and why.

Public modules: `gates` (the eleven gates, of which the longer ones have files of their own: `licensing`,
`cross_province`, `composition`) and `score` (the six values and their sum).
"""

from matching.rules import composition, cross_province, gates, licensing, score
from matching.rules.cross_province import CUSTOMS_TERRITORIES
from matching.rules.explanation import Failure, Pairing, explain
from matching.rules.gates import GATES
from matching.rules.licensing import NO_PERMIT
from matching.rules.near_misses import NearMiss, near_misses
from matching.rules.obstacles import Obstacles, obstacles
from matching.rules.pair_scores import scores_of_pairs
from matching.rules.pairs import Pairs, Side, covering
from matching.rules.ranking import Keys, Position, Ranking, Sort, least_rows, rank_demands, rank_supplies
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
from matching.rules.warnings import Warn

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
    "NearMiss",
    "Obstacles",
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
    "composition",
    "contributions",
    "covering",
    "cross_province",
    "cross_province_rows_of",
    "distance_value",
    "explain",
    "gates",
    "least_rows",
    "licensing",
    "named_parties",
    "near_misses",
    "obstacles",
    "outline",
    "ranges_of",
    "rank_demands",
    "rank_supplies",
    "score",
    "scores_of_pairs",
    "side_tables_of",
]
