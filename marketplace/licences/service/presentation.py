"""Permits as the API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ..models import WHOLE_LIFE, Channel, Licence, LicenceLine, PermitYear, TransferApproval, modes_of
from .channels.presentation import channel_records
from .usage import Counted, balances_of

Balances: TypeAlias = Mapping[UUID, Sequence[PermitYear]]

HIDDEN = {"no", "code_id", "kg_per_year", "kg", "number_key", "capacity_no", "is_double", "tested_from"}
"""Columns that are shown otherwise or not at all."""


def present(permits: Sequence[Any]) -> list[dict[str, Any]]:
    """Permits of one kind as the API shows them, with what is left of them this year in kilograms."""
    names = {column.key for permit in permits[:1] for column in permit.__table__.columns} - HIDDEN
    holders = [holder for permit in permits for holder in _holders_of_codes(permit)]
    codes = catalogue.codes_by_id({holder.code_id for holder in holders})
    balances = balances_of(_counted(permits))
    records = channel_records([permit for permit in permits if isinstance(permit, Channel)])
    return [
        {
            **{name: getattr(permit, name) for name in names},
            **_content(permit, codes, balances),
            **records.get(permit.id, {}),
        }
        for permit in permits
    ]


def _holders_of_codes(permit: Any) -> Sequence[Any]:
    """The rows that name a code: the lines of a licence, else the permit itself."""
    return permit.lines if isinstance(permit, Licence) else [permit]


def _counted(permits: Sequence[Any]) -> list[Counted]:
    """The rows of which tonnes are counted."""
    return [row for permit in permits for row in _holders_of_codes(permit) if isinstance(row, Counted)]


def _content(permit: Any, codes: Mapping[int, CatalogueCode], balances: Balances) -> dict[str, Any]:
    """What a permit covers: its code or lines, and the allowance where it has one."""
    if isinstance(permit, Licence):
        lines = [_line(rows, codes, balances) for rows in lines_of(permit)]
        return {"lines": lines, "files": permit.files}
    allowance = {}
    if isinstance(permit, Channel):
        allowance = _allowance(permit, balances)
    elif isinstance(permit, TransferApproval):
        allowance = _of_whole_life(permit, balances)
    return {**_code(codes, permit), **allowance}


def lines_of(licence: Licence) -> list[list[LicenceLine]]:
    """The lines of a licence as its paper has them, each with a row for each of its codes."""
    lines: dict[UUID, list[LicenceLine]] = {}
    for row in licence.lines:
        lines.setdefault(row.joint_line_id or row.id, []).append(row)
    return list(lines.values())


def _line(
    rows: Sequence[LicenceLine], codes: Mapping[int, CatalogueCode], balances: Balances
) -> dict[str, Any]:
    """A line; `code` is null where it names several."""
    first = rows[0]
    named = [codes[row.code_id].code for row in rows]
    return {
        "id": first.id,
        "modes": modes_of(first.modes),
        "scheme": codes[first.code_id].scheme,
        "code": named[0] if len(named) == 1 else None,
        "codes": named,
        **_allowance(first, balances),
    }


def _code(codes: Mapping[int, CatalogueCode], holder: Any) -> dict[str, str]:
    code = codes[holder.code_id]
    return {"scheme": code.scheme, "code": code.code}


def _allowance(holder: Any, balances: Balances) -> dict[str, Any]:
    """What is allowed, reserved, used and left of a row, this year and in each year that has a balance."""
    this_year = clock.today().year
    known = {balance.year: balance for balance in balances[holder.id]}
    years = [_year(holder, year, known.get(year)) for year in sorted({this_year, *known})]
    current = next(year for year in years if year["year"] == this_year)
    return {
        "tonnes_per_year": holder.kg_per_year,
        "used_this_year_t": current["used_t"],
        "left_this_year_t": current["left_t"],
        "reserved_t": current["reserved_t"],
        "used_t": current["used_t"],
        "left_t": current["left_t"],
        "years": years,
    }


def _of_whole_life(approval: TransferApproval, balances: Balances) -> dict[str, int]:
    """What is allowed, reserved, used and left of an approval."""
    balance = next((row for row in balances[approval.id] if row.year == WHOLE_LIFE), None)
    if balance is None:
        return {"tonnes": approval.kg, "reserved_t": 0, "used_t": 0, "left_t": approval.kg}
    return {
        "tonnes": approval.kg,
        "reserved_t": balance.reserved_kg,
        "used_t": balance.used_kg + balance.over_kg,
        "left_t": max(0, approval.kg - balance.taken_kg),
    }


def _year(holder: Any, year: int, balance: PermitYear | None) -> dict[str, int]:
    if balance is None:
        return {"year": year, "reserved_t": 0, "used_t": 0, "left_t": holder.kg_per_year}
    return {
        "year": year,
        "reserved_t": balance.reserved_kg,
        "used_t": balance.used_kg + balance.over_kg,
        "left_t": max(0, holder.kg_per_year - balance.taken_kg),
    }
