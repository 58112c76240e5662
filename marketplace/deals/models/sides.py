"""The two parties of an offer and a deal."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from ...events.lifecycle import Party


class Side(StrEnum):
    """The two parties of an offer and a deal."""

    SUPPLIER = "supplier"
    RECEIVER = "receiver"


OTHER = {Side.SUPPLIER: Side.RECEIVER, Side.RECEIVER: Side.SUPPLIER}


def side_of(row: Any, enterprise_id: UUID | None) -> Side | None:
    """The side that an enterprise has in an offer or a deal, or a row of one; None for others."""
    return {row.supplier_id: Side.SUPPLIER, row.receiver_id: Side.RECEIVER}.get(enterprise_id)  # type: ignore[arg-type]


EITHER = frozenset({Party.SUPPLIER, Party.RECEIVER})
