"""What receivers may lawfully take, as columns for the gates of matching."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np

from matching import ANY_GENERATOR, Basis

from ...catalogue.models import Mode
from ...database import db
from ...enterprises.models import EnterpriseStatus, Role
from ...numpy_columns import copy_columns, no_rows, read_columns, read_tables
from ..models import WHOLE_LIFE, ChannelStatus, LicenceKind, LicenceStatus, PermitKind, mode_mask

Columns: TypeAlias = dict[str, np.ndarray]
Tables: TypeAlias = Mapping[str, tuple[str, dict[str, str]]]

EPOCH = "DATE '1970-01-01'"
"""Day 0 of the columns."""
PERMIT_TYPES = {
    "kind": "i2", "receiver": "i8", "generator": "i8", "code": "i4", "modes": "i2",
    "first_day": "i4", "last_day": "i4", "kg_per_year": "i8", "id": "uuid", "no": "i8",
    "paused": "bool",
}  # fmt: skip
APPROVAL_TYPES = {
    "receiver": "i8", "generator": "i8", "code": "i4", "modes": "i2", "first_day": "i4", "last_day": "i4",
    "left_kg": "i8", "id": "uuid",
}  # fmt: skip
USAGE_TYPES = {"no": "i8", "year": "i2", "kg": "i8"}
WHITE_LIST_TYPES = {
    "receiver": "i8", "code": "i4", "from_province": "i2", "first_day": "i4", "last_day": "i4",
}  # fmt: skip
EXEMPTION_TYPES = {"receiver": "i8", "item": "i2", "code": "i4", "first_day": "i4", "last_day": "i4"}

COUNTS = f"{{it}}.revoked_at IS NULL AND {{it}}.status = '{LicenceStatus.CONFIRMED}'"
"""The condition of the licences that count: an official has confirmed them, and they are not revoked."""
PERMITS = f"""
WITH line AS {{kept}} (
  SELECT l.id, l.licence_id, l.code_id, l.modes, l.kg_per_year, coalesce(l.capacity_no, l.no) * 2 AS no,
         p.kind, p.enterprise_id, p.valid_from, p.valid_until
  FROM licence_line l
  JOIN LATERAL (SELECT * FROM licence WHERE id = l.licence_id {{each}}) p ON true
  WHERE {COUNTS.format(it="p")} AND p.valid_until >= %(alive)s AND {{lines}}
)
SELECT {Basis.LICENCE}::int2 AS kind, e.no AS receiver, {ANY_GENERATOR}::int8 AS generator,
       l.code_id AS code, l.modes, (l.valid_from - {EPOCH})::int4, (l.valid_until - {EPOCH})::int4,
       l.kg_per_year, l.id, l.no, false AS paused
FROM line l JOIN enterprise e ON e.id = l.enterprise_id WHERE l.kind = '{LicenceKind.COMPREHENSIVE}'
UNION ALL
SELECT {Basis.CHANNEL}::int2, r.no, g.no, c.code_id, {mode_mask([Mode.USE])}::int2,
       (c.valid_from - {EPOCH})::int4, (c.valid_until - {EPOCH})::int4, c.kg_per_year, c.id,
       coalesce(c.capacity_no, c.no) * 2 + 1, c.status = '{ChannelStatus.PAUSED}'
FROM channel c JOIN enterprise r ON r.id = c.receiver_id JOIN enterprise g ON g.id = c.generator_id
WHERE c.revoked_at IS NULL AND c.valid_until >= %(alive)s
UNION ALL
SELECT {Basis.COLLECTOR}::int2, e.no, {ANY_GENERATOR}::int8,
       CASE WHEN mine.parent_id = theirs.id THEN mine.id ELSE theirs.id END, l.modes,
       (greatest(l.valid_from, q.valid_from) - {EPOCH})::int4,
       (least(l.valid_until, q.valid_until) - {EPOCH})::int4, l.kg_per_year, l.id, l.no, false
FROM line l JOIN enterprise e ON e.id = l.enterprise_id
JOIN licence q ON q.enterprise_id = e.partner_id JOIN licence_line m ON m.licence_id = q.id
JOIN waste_code mine ON mine.id = l.code_id JOIN waste_code theirs ON theirs.id = m.code_id
WHERE l.kind = '{LicenceKind.COLLECTION}'
  AND q.kind = '{LicenceKind.COMPREHENSIVE}' AND {COUNTS.format(it="q")}
  AND (mine.id = theirs.id OR mine.parent_id = theirs.id OR theirs.parent_id = mine.id)
  AND greatest(l.valid_from, q.valid_from) <= least(l.valid_until, q.valid_until)
  AND least(l.valid_until, q.valid_until) >= %(alive)s AND '{Role.COLLECTOR}' = ANY(e.roles)
"""  # noqa: S608 - fragments are constants, values are bound
ALL_PERMITS = PERMITS.format(kept="NOT MATERIALIZED", each="", lines="true")
PERMITS_OF_CODES = PERMITS.format(kept="MATERIALIZED", each="OFFSET 0", lines="l.code_id = ANY(%(codes)s)")
"""Of codes that are asked for together with the codes above them: a collector may hold one by the one above.
Their lines are found first, as the planner cannot look up of which code a collector's permit is, and the
licence of each (OFFSET 0): the planner would read all licences for a thousand lines."""
WAY_BITS = " ".join(f"WHEN '{mode}' THEN {mode_mask([mode])}" for mode in Mode)
APPROVALS = f"""
SELECT r.no AS receiver, g.no AS generator, a.code_id AS code, (CASE a.way {WAY_BITS} END)::int2,
       (a.valid_from - {EPOCH})::int4, (a.valid_until - {EPOCH})::int4,
       greatest(a.kg - coalesce(b.reserved_kg + b.used_kg + b.over_kg, 0), 0)::int8, a.id
FROM transfer_approval a JOIN enterprise r ON r.id = a.receiver_id JOIN enterprise g ON g.id = a.generator_id
LEFT JOIN permit_year b
  ON b.permit_kind = '{PermitKind.APPROVAL}' AND b.capacity_no = a.no AND b.year = {WHOLE_LIFE}
WHERE a.revoked_at IS NULL AND a.valid_until >= %(alive)s
"""  # noqa: S608 - fragments are constants, values are bound
USAGE = f"""
SELECT capacity_no * 2 + (permit_kind = '{PermitKind.CHANNEL}')::int AS no, year,
       (reserved_kg + used_kg + over_kg)::int8
FROM permit_year WHERE {{condition}}
"""  # noqa: S608 - fragments are constants, values are bound
WHITE_LIST = f"""
SELECT e.no AS receiver, w.code_id AS code, (w.from_province / 10000)::int2,
       (w.valid_from - {EPOCH})::int4, (w.valid_until - {EPOCH})::int4
FROM white_list w JOIN enterprise e ON e.id = w.receiver_id
WHERE w.revoked_at IS NULL AND w.valid_until >= %(alive)s
"""  # noqa: S608 - fragments are constants, values are bound
VERIFIED = f"""
SELECT e.no AS receiver, x.item::int2, x.code_id AS code, (x.valid_from - {EPOCH})::int4,
       (x.valid_until - {EPOCH})::int4
FROM verified_exemption x JOIN enterprise e ON e.id = x.enterprise_id
WHERE x.revoked_at IS NULL AND x.valid_until >= %(alive)s
"""  # noqa: S608 - fragments are constants, values are bound
OF_GATE = f"permit_kind IN ('{PermitKind.LINE}', '{PermitKind.CHANNEL}')"
"""The balances that the gate `licence` reads."""
USAGE_OF_PERMITS = f"""
SELECT y.capacity_no * 2 + (y.permit_kind = '{PermitKind.CHANNEL}')::int, y.year,
       (y.reserved_kg + y.used_kg + y.over_kg)::int8
FROM (SELECT DISTINCT no FROM permits) p JOIN permit_year y ON y.capacity_no = p.no / 2
 AND y.permit_kind = CASE mod(p.no, 2) WHEN 0 THEN '{PermitKind.LINE}' ELSE '{PermitKind.CHANNEL}' END
"""  # noqa: S608 - fragments are constants, values are bound
HOLDERS = f"""
SELECT e.no, e.id, (coalesce(e.place_region, e.region) / 10000)::int2, e.lat, e.lon, e.credit_milli,
       (ascii(e.grade) - 65)::int2, e.blocked
FROM enterprise e WHERE e.status = '{EnterpriseStatus.APPROVED}'
  AND e.no IN (SELECT receiver FROM permits UNION SELECT receiver FROM verified)
"""  # noqa: S608 - fragments are constants, values are bound
HOLDER_TYPES = {
    "enterprise": "i8", "id": "uuid", "province": "i2", "lat": "f8", "lon": "f8", "credit_milli": "i4",
    "grade": "i2", "blocked": "bool",
}  # fmt: skip
OF_RECEIVERS = "receiver = ANY(%(receivers)s)"
OF_CODES = "code = ANY(%(codes)s)"
OF_CODES_AND_RECEIVERS = "code = ANY(%(codes)s) AND receiver = ANY(%(receivers)s)"


@dataclass(frozen=True, slots=True)
class PermitTables:
    """Permits, the kilograms reserved and used of them, approvals, white list and verified exemptions, as
    columns.

    Days count from 1970-01-01, `receiver` and `generator` are the `no` of enterprises, `modes` has a bit for
    each mode, `kind` is a `matching.Basis`. `no` joins usage to permits, and is the same for permits that are
    one capacity: even for licence lines, odd for channels. A collector's permit is the part of its line that
    its partner's licence covers too. Of an approval `left_kg` is what is left of it.
    """

    permits: Columns
    usage: Columns
    approvals: Columns
    white_list: Columns
    verified: Columns

    def ids_of(self, receivers: Sequence[int]) -> set[UUID]:
        """The ids of the permits and approvals of these receivers."""
        found = set()
        for table in (self.permits, self.approvals):
            its = np.isin(table["receiver"], receivers)
            halves = zip(table["id_hi"][its].tolist(), table["id_lo"][its].tolist(), strict=True)
            found |= {UUID(int=high << 64 | low) for high, low in halves}
        return found

    def renewed(self, receivers: Sequence[int], current: "PermitTables") -> "PermitTables":
        """These tables with the rows of `receivers` replaced by those of `current`."""
        replaced = self.permits["no"][np.isin(self.permits["receiver"], receivers)]
        return PermitTables(
            _replaced(self.permits, "receiver", receivers, current.permits),
            _replaced(self.usage, "no", replaced, current.usage),
            _replaced(self.approvals, "receiver", receivers, current.approvals),
            _replaced(self.white_list, "receiver", receivers, current.white_list),
            _replaced(self.verified, "receiver", receivers, current.verified),
        )


def _replaced(table: Columns, by: str, values: Any, current: Columns) -> Columns:
    kept = ~np.isin(table[by], values)
    return {name: np.concatenate([column[kept], current[name]]) for name, column in table.items()}


def permit_tables(codes: Iterable[int], receivers: Iterable[int], alive_on: date) -> PermitTables:
    """What these receivers (`no` of enterprises) hold on these codes that had not ended by `alive_on`.

    Args:
        codes: with the codes above them.
    """
    return _permit_tables(PERMITS_OF_CODES, OF_CODES_AND_RECEIVERS, _asked(codes, receivers, alive_on))


def approvals_only(codes: Iterable[int], receivers: Iterable[int], alive_on: date) -> PermitTables:
    """The approvals of `permit_tables` without the rest, for waste that needs no other permit."""
    params = _asked(codes, receivers, alive_on)
    return PermitTables(
        no_rows(PERMIT_TYPES),
        no_rows(USAGE_TYPES),
        _read(APPROVALS, APPROVAL_TYPES, OF_CODES_AND_RECEIVERS, params),
        no_rows(WHITE_LIST_TYPES),
        no_rows(EXEMPTION_TYPES),
    )


def _asked(codes: Iterable[int], receivers: Iterable[int], alive_on: date) -> dict[str, Any]:
    return {"codes": sorted(set(codes)), "receivers": sorted(set(receivers)), "alive": alive_on}


def permit_tables_on(codes: Iterable[int], alive_on: date) -> tuple[PermitTables, Columns]:
    """What anybody holds on these codes that had not ended by `alive_on`; and of the approved among those who
    hold it the number, the id, the place and the credit (`HOLDER_TYPES`).

    Args:
        codes: with the codes above them.
    """
    params = {"codes": sorted(set(codes)), "alive": alive_on}
    found = _read_with(PERMITS_OF_CODES, OF_CODES, params, {"holders": (HOLDERS, HOLDER_TYPES)})
    holders = found.pop("holders")
    return PermitTables(**found), holders


def permit_tables_of(receivers: Iterable[int]) -> PermitTables:
    """All that these receivers (`no` of enterprises) hold or held."""
    return _permit_tables(ALL_PERMITS, OF_RECEIVERS, {"receivers": sorted(set(receivers)), "alive": date.min})


def all_permit_tables() -> PermitTables:
    """All that anyone holds or held."""
    session, params = db.session(), {"alive": date.min}
    return PermitTables(
        copy_columns(session, ALL_PERMITS, params, PERMIT_TYPES),
        copy_columns(session, USAGE.format(condition=OF_GATE), {}, USAGE_TYPES),
        copy_columns(session, APPROVALS, params, APPROVAL_TYPES),
        copy_columns(session, WHITE_LIST, params, WHITE_LIST_TYPES),
        copy_columns(session, VERIFIED, params, EXEMPTION_TYPES),
    )


def _permit_tables(permits: str, condition: str, params: dict[str, Any]) -> PermitTables:
    return PermitTables(**_read_with(permits, condition, params, {}))


def _read_with(permits: str, condition: str, params: dict[str, Any], more: Tables) -> dict[str, Columns]:
    """The tables of `PermitTables` by name, and `more` of its `permits` and `verified`, by one statement."""
    shared = (
        f"WITH permits AS MATERIALIZED ({_those(permits, condition)}),"
        f" verified AS MATERIALIZED ({_those(VERIFIED, condition)})"
    )
    tables = {
        "permits": ("SELECT * FROM permits", PERMIT_TYPES),
        "usage": (USAGE_OF_PERMITS, USAGE_TYPES),
        "approvals": (_those(APPROVALS, condition), APPROVAL_TYPES),
        "white_list": (_those(WHITE_LIST, condition), WHITE_LIST_TYPES),
        "verified": ("SELECT * FROM verified", EXEMPTION_TYPES),
    }
    return read_tables(db.session(), {**tables, **more}, params, shared)


def _read(query: str, types: dict[str, str], condition: str, params: dict[str, Any]) -> Columns:
    return read_columns(db.session(), _those(query, condition), params, types)


def _those(query: str, condition: str) -> str:
    return f"SELECT * FROM ({query}) AS permit_tables WHERE {condition}"  # noqa: S608 - constants
