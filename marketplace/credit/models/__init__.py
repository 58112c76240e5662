"""The tables of the rules, of what is recorded by them, of evaluations, blocks and feeds."""

from .blocks import BLOCK_LIFE, Block, BlockStatus
from .evaluations import ESTABLISHED_BY, EVALUATION, EVALUATION_LIFE, RECORD, Evaluation, EvaluationStatus
from .events import EVENT_LIFE, ON_RECORD, CreditEvent, CreditFile, EventStatus, FileSender
from .feeds import (
    DISTRICT_OF_USCC,
    FEED_LIFE,
    MOST_FEED_ROWS,
    CreditImport,
    CreditImportRow,
    CreditReference,
    CreditUnmatched,
    FeedResult,
    FeedStatus,
    source_name,
)
from .publication_terms import PublicationTerm
from .rules import AXES, Recorder, RuleTable, Severity

__all__ = [
    "AXES",
    "BLOCK_LIFE",
    "DISTRICT_OF_USCC",
    "ESTABLISHED_BY",
    "EVALUATION",
    "EVALUATION_LIFE",
    "EVENT_LIFE",
    "FEED_LIFE",
    "MOST_FEED_ROWS",
    "ON_RECORD",
    "RECORD",
    "Block",
    "BlockStatus",
    "CreditEvent",
    "CreditFile",
    "CreditImport",
    "CreditImportRow",
    "CreditReference",
    "CreditUnmatched",
    "Evaluation",
    "EvaluationStatus",
    "EventStatus",
    "FeedResult",
    "FeedStatus",
    "FileSender",
    "PublicationTerm",
    "Recorder",
    "RuleTable",
    "Severity",
    "source_name",
]
