"""What the parties of a lawful pairing must know."""

from __future__ import annotations

from enum import IntFlag
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    Bools,
)

Warnings: TypeAlias = NDArray[np.int32]


class Warn(IntFlag):
    """What the parties of a lawful pairing must know."""

    TRANSFER_APPROVAL_REQUIRED = 1
    ADVANCE_NOTICE_REQUIRED = 2
    SUPERVISED = 4
    COMPOSITION_PARTIAL = 8
    COMPOSITION_UNKNOWN = 16
    EXEMPTION_UNVERIFIED = 32
    VERIFY_RECEIVER = 64

    @property
    def names(self) -> tuple[str, ...]:
        """Stable names, in the order of the bits: `advance_notice_required`, ..."""
        return _names(self)


@cache
def _names(warnings: Warn) -> tuple[str, ...]:
    return tuple(warning.name.lower() for warning in Warn if warning in warnings and warning.name)


def flags(where: Bools, warn: Warn) -> Warnings:
    """The warning where a mask is true, as a column of bits; shape (n,)."""
    return where.astype(np.int32) * np.int32(warn)
