"""Shapes of requests and responses, with bounds, by subject."""

from .feedback import (
    FeedbackRequestSchema,
    FeedbackSchema,
    InterestPage,
    InterestQuery,
    ManyFeedbackRequestSchema,
    ManyFeedbackSchema,
)
from .findings import FindingPage, FindingQuery
from .listing_summaries import counterpart_json
from .policy import PolicyPreviewSchema, PolicySchema, PresetPage
from .ranking import (
    AllMatchesExportQuery,
    AllMatchesPage,
    AllMatchesQuery,
    MatchExportQuery,
    MatchPage,
    MatchQuery,
    PairingSchema,
)
from .ranking_models import RankingModelPage, RankingModelSchema

__all__ = [
    "AllMatchesExportQuery",
    "AllMatchesPage",
    "AllMatchesQuery",
    "FeedbackRequestSchema",
    "FeedbackSchema",
    "FindingPage",
    "FindingQuery",
    "InterestPage",
    "InterestQuery",
    "ManyFeedbackRequestSchema",
    "ManyFeedbackSchema",
    "MatchExportQuery",
    "MatchPage",
    "MatchQuery",
    "PairingSchema",
    "PolicyPreviewSchema",
    "PolicySchema",
    "PresetPage",
    "RankingModelPage",
    "RankingModelSchema",
    "counterpart_json",
]
