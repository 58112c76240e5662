"""Shapes of requests and responses, with bounds, by subject."""

from .blocks import BlockPage, BlockQuery, BlockSchema, LiftSchema, NewBlockSchema
from .events import (
    CreditFileSchema,
    CreditFilesSchema,
    EventPage,
    EventSchema,
    NewEventSchema,
    WithdrawalSchema,
)
from .feeds import (
    FeedImportPage,
    FeedImportSchema,
    FeedQuery,
    FeedRowSchema,
    FeedSchema,
    ReportQuery,
    UnmatchedPage,
    UnmatchedQuery,
)
from .rules import NewRuleTableSchema, RuleTableSchema
from .simulation import SimulationSchema
from .standing import CreditExplanationSchema, CreditSchema

__all__ = [
    "BlockPage",
    "BlockQuery",
    "BlockSchema",
    "CreditExplanationSchema",
    "CreditFileSchema",
    "CreditFilesSchema",
    "CreditSchema",
    "EventPage",
    "EventSchema",
    "FeedImportPage",
    "FeedImportSchema",
    "FeedQuery",
    "FeedRowSchema",
    "FeedSchema",
    "LiftSchema",
    "NewBlockSchema",
    "NewEventSchema",
    "NewRuleTableSchema",
    "ReportQuery",
    "RuleTableSchema",
    "SimulationSchema",
    "UnmatchedPage",
    "UnmatchedQuery",
    "WithdrawalSchema",
]
