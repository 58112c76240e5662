"""Manifests, their lines and legs, what was sealed, what differed, and the deadlines of their steps.

Weights are whole kilograms, days those of Asia/Shanghai. A manifest is one vehicle trip of one sender.
"""

from .deadlines import WAITING, LateStage, LateStep, ManifestDeadline, ManifestDelay
from .differences import ManifestMismatch, MismatchKind, WeightTolerance
from .files import LoadPicture, ManifestFile
from .life import (
    BEFORE_PICKUP,
    CLOSED_STATES,
    IN_FLIGHT,
    LIFE,
    NEXT_STEPS,
    NOT_ISSUED,
    RECEIPTS,
    UNSEALED,
    ManifestStatus,
)
from .manifests import (
    HEAVIEST_KG,
    Manifest,
    ManifestKind,
    ManifestLeg,
    ManifestLine,
    ManifestOutcome,
    ManifestSerial,
)
from .seals import CORRECTION_LIFE, CorrectionStatus, ManifestCorrection, ManifestVersion, Part

__all__ = [
    "BEFORE_PICKUP",
    "CLOSED_STATES",
    "CORRECTION_LIFE",
    "HEAVIEST_KG",
    "IN_FLIGHT",
    "LIFE",
    "NEXT_STEPS",
    "NOT_ISSUED",
    "RECEIPTS",
    "UNSEALED",
    "WAITING",
    "CorrectionStatus",
    "LateStage",
    "LateStep",
    "LoadPicture",
    "Manifest",
    "ManifestCorrection",
    "ManifestDeadline",
    "ManifestDelay",
    "ManifestFile",
    "ManifestKind",
    "ManifestLeg",
    "ManifestLine",
    "ManifestMismatch",
    "ManifestOutcome",
    "ManifestSerial",
    "ManifestStatus",
    "ManifestVersion",
    "MismatchKind",
    "Part",
    "WeightTolerance",
]
