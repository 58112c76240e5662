"""Shapes of requests and responses, with bounds, by subject."""

from .closing_rates import ClosingRateQuery, ClosingRateSchema
from .corrections import ManifestCorrectionRequestSchema, ManifestCorrectionSchema
from .drafts import DealManifestSchema, ManifestChangeSchema, NewManifestSchema
from .manifests import ManifestFileSchema, ManifestPage, ManifestSchema, ManifestVersionPage
from .moves import (
    ManifestDeliverySchema,
    ManifestFollowSchema,
    ManifestHandOverSchema,
    ManifestNeededReasonSchema,
    ManifestOptionalReasonSchema,
    ManifestOutcomeSchema,
    ManifestPickupSchema,
    ManifestReceiptSchema,
    ManifestScheduleSchema,
)
from .queries import (
    ExpectedQuery,
    ManifestExportQuery,
    ManifestFileQuery,
    ManifestLabelQuery,
    ManifestQuery,
)
from .rules import ManifestRulesSchema

__all__ = [
    "ClosingRateQuery",
    "ClosingRateSchema",
    "DealManifestSchema",
    "ExpectedQuery",
    "ManifestChangeSchema",
    "ManifestCorrectionRequestSchema",
    "ManifestCorrectionSchema",
    "ManifestDeliverySchema",
    "ManifestExportQuery",
    "ManifestFileQuery",
    "ManifestFileSchema",
    "ManifestFollowSchema",
    "ManifestHandOverSchema",
    "ManifestLabelQuery",
    "ManifestNeededReasonSchema",
    "ManifestOptionalReasonSchema",
    "ManifestOutcomeSchema",
    "ManifestPage",
    "ManifestPickupSchema",
    "ManifestQuery",
    "ManifestReceiptSchema",
    "ManifestRulesSchema",
    "ManifestScheduleSchema",
    "ManifestSchema",
    "ManifestVersionPage",
    "NewManifestSchema",
]
