"""Transporters: their register, its papers, and who may carry what on a day."""

from .may_carry import (
    find_vehicle,
    missing_for,
    missing_parts,
    require_may_carry,
    require_transporter,
)

__all__ = ["find_vehicle", "missing_for", "missing_parts", "require_may_carry", "require_transporter"]
