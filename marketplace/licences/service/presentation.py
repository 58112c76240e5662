"""Permits as the API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import WasteCode
from ..models import Channel, Licence, modes_of
from .usage import used_kg

HIDDEN = {"no", "code_id", "kg_per_year"}
"""Columns that are shown otherwise or not at all."""


def present(permits: Sequence[Any]) -> list[dict[str, Any]]:
    """Permits of one kind as the API shows them, with what is left of them this year in kilograms."""
    names = {column.key for permit in permits[:1] for column in permit.__table__.columns} - HIDDEN
    holders = [holder for permit in permits for holder in _holders_of_codes(permit)]
    codes = catalogue.codes_by_id({holder.code_id for holder in holders})
    used = _used_this_year(permits)
    return [
        {**{name: getattr(permit, name) for name in names}, **_content(permit, codes, used)}
        for permit in permits
    ]


def _holders_of_codes(permit: Any) -> Sequence[Any]:
    """The rows that name a code: the lines of a licence, else the permit itself."""
    return permit.lines if isinstance(permit, Licence) else [permit]


def _used_this_year(permits: Sequence[Any]) -> dict[UUID, int]:
    line_ids = [line.id for permit in permits if isinstance(permit, Licence) for line in permit.lines]
    channel_ids = [permit.id for permit in permits if isinstance(permit, Channel)]
    return used_kg(line_ids, channel_ids, clock.today().year)


def _content(permit: Any, codes: Mapping[int, WasteCode], used: Mapping[UUID, int]) -> dict[str, Any]:
    """What a permit covers: its code or lines, and the allowance where it has one."""
    if isinstance(permit, Licence):
        return {
            "lines": [
                {
                    "id": line.id,
                    "modes": modes_of(line.modes),
                    **_code(codes, line),
                    **_allowance(line, used),
                }
                for line in permit.lines
            ]
        }
    allowance = _allowance(permit, used) if isinstance(permit, Channel) else {}
    return {**_code(codes, permit), **allowance}


def _code(codes: Mapping[int, WasteCode], holder: Any) -> dict[str, str]:
    code = codes[holder.code_id]
    return {"scheme": code.scheme, "code": code.code}


def _allowance(holder: Any, used: Mapping[UUID, int]) -> dict[str, int]:
    kg = used.get(holder.id, 0)
    return {
        "tonnes_per_year": holder.kg_per_year,
        "used_this_year_t": kg,
        "left_this_year_t": max(0, holder.kg_per_year - kg),
    }
