"""Permits: written by admins, read by their holder, and given to the gates as columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from .. import clock
from ..catalogue import service as catalogue
from ..database import db
from ..enterprises import service as enterprises
from ..errors import Conflict, Invalid, NotFound, Notice
from ..events.actor import REGULATOR, Actor
from ..events.work import unit_of_work
from ..numpy_columns import copy_columns, read_columns
from .models import MODES, Channel, Licence, LicenceLine, TonnesUsed, VerifiedExemption, WhiteListEntry

Row = TypeVar("Row", Channel, WhiteListEntry, VerifiedExemption)
Permit = Licence | Channel | WhiteListEntry | VerifiedExemption
HOLDERS: dict[type, tuple[InstrumentedAttribute, ...]] = {
    Licence: (Licence.enterprise_id,),
    Channel: (Channel.receiver_id, Channel.generator_id),
    WhiteListEntry: (WhiteListEntry.receiver_id,),
    VerifiedExemption: (VerifiedExemption.enterprise_id,),
}


# ---------------------------------------------------------------- writing


def add_licence(actor: Actor, data: dict[str, Any]) -> tuple[Licence, list[Notice]]:
    """Enter an operating licence. Raises: Invalid: unknown holder or code."""
    _require_enterprise(data["enterprise_id"], "enterprise_id")
    names = ("enterprise_id", "number", "kind", "valid_from", "valid_until")
    lines, notices = [], []
    with unit_of_work() as work:
        for number, line in enumerate(data["lines"]):
            code, doubts = catalogue.resolve(line["scheme"], line["code"], f"lines.{number}")
            notices += doubts
            lines.append(
                LicenceLine(
                    code_id=code.id,
                    modes=sum(1 << MODES[mode] for mode in set(line["modes"])),
                    kg_per_year=line["tonnes_per_year"],
                )
            )
        row = work.add(Licence(**{name: data[name] for name in names}, lines=lines))
        work.audit(actor, "add", row, number=row.number)
        work.emit("permit.changed", kind="licence", id=str(row.id))
    return row, notices


def add_channel(actor: Actor, data: dict[str, Any]) -> tuple[Channel, list[Notice]]:
    """Enter an approved point-to-point channel. Raises: Invalid: unknown side or code."""
    _require_enterprise(data["generator_id"], "generator_id")
    _require_enterprise(data["receiver_id"], "receiver_id")
    if data["generator_id"] == data["receiver_id"]:
        raise Invalid("same_enterprise", at="receiver_id")
    code, notices = catalogue.resolve(data["scheme"], data["code"], "")
    names = ("generator_id", "receiver_id", "use", "approval_number", "valid_from", "valid_until")
    row = Channel(
        **{name: data[name] for name in names}, code_id=code.id, kg_per_year=data["tonnes_per_year"]
    )
    return _add(actor, row), notices


def add_white_list(actor: Actor, data: dict[str, Any]) -> tuple[WhiteListEntry, list[Notice]]:
    """Put a receiver and code on the cross-province white list. Raises: Invalid."""
    _require_enterprise(data["receiver_id"], "receiver_id")
    if catalogue.find_region(data["from_province"], "from_province").level != "province":
        raise Invalid("not_a_province", at="from_province")
    code, notices = catalogue.resolve(data["scheme"], data["code"], "")
    names = ("receiver_id", "from_province", "valid_from", "valid_until")
    return _add(actor, WhiteListEntry(**{name: data[name] for name in names}, code_id=code.id)), notices


def add_exemption(actor: Actor, data: dict[str, Any]) -> tuple[VerifiedExemption, list[Notice]]:
    """Note that a holder's evidence for an exemption item was accepted. Raises: Invalid."""
    _require_enterprise(data["enterprise_id"], "enterprise_id")
    if not catalogue.exemption_exists(data["item"]):
        raise Invalid("unknown_exemption", at="item", item=data["item"])
    code, notices = catalogue.resolve(data["scheme"], data["code"], "")
    names = ("enterprise_id", "item", "reference", "valid_from", "valid_until")
    return _add(actor, VerifiedExemption(**{name: data[name] for name in names}, code_id=code.id)), notices


def _add(actor: Actor, row: Row) -> Row:
    with unit_of_work() as work:
        work.add(row)
        work.audit(actor, "add", row)
        work.emit("permit.changed", kind=row.__tablename__, id=str(row.id))
    return row


def _require_enterprise(enterprise_id: UUID, at: str) -> None:
    if not enterprises.by_id({enterprise_id}):
        raise Invalid("unknown_enterprise", at=at)


def revoke(actor: Actor, model: type[Any], permit_id: UUID) -> None:
    """End a permit now; once more changes nothing. Raises: NotFound."""
    with unit_of_work() as work:
        row = work.lock(model, model.id == permit_id)
        if row.revoked_at is None:
            row.revoked_at = clock.now()
            work.audit(actor, "revoke", row)
            work.emit("permit.changed", kind=row.__tablename__, id=str(row.id))


def count_usage(actor: Actor, permit: Licence | Channel, data: dict[str, Any]) -> None:
    """Count tonnes against a licence line or a channel in a year.

    Raises:
        Invalid: the line is not of this licence. Conflict: the year's sum would fall below zero.
    """
    if isinstance(permit, Channel):
        which = {"channel_id": permit.id}
    elif data["line_id"] in {line.id for line in permit.lines}:
        which = {"line_id": data["line_id"]}
    else:
        raise Invalid("unknown_line", at="line_id")
    with unit_of_work() as work:
        work.lock(type(permit), type(permit).id == permit.id)
        row = work.add(TonnesUsed(**which, year=data["year"], kg=data["tonnes"], note=data["note"]))
        total = work.session.scalar(select(func.sum(TonnesUsed.kg)).filter_by(**which, year=data["year"]))
        if total is not None and total < 0:
            raise Conflict("usage_below_zero", at="tonnes")
        work.audit(actor, "count_usage", permit, usage_id=row.id, kg=row.kg, year=row.year)


# ---------------------------------------------------------------- reading


def find(actor: Actor, model: type[Any], permit_id: UUID) -> Any:
    """A permit that the actor may see. Raises: NotFound."""
    row = db.session.scalars(
        select(model).where(model.id == permit_id, *_visible(actor, model))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row


def search(
    actor: Actor, model: type[Any], enterprise_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Any]:
    """Permits that the actor may see, newest first."""
    query = select(model).where(*_visible(actor, model))
    if enterprise_id is not None:
        query = query.where(or_(*(column == enterprise_id for column in HOLDERS[model])))
    if after is not None:
        query = query.where(model.id < after)
    return db.session.scalars(query.order_by(model.id.desc()).limit(limit)).all()


def _visible(actor: Actor, model: type[Any]) -> list[ColumnElement[bool]]:
    if actor.is_admin:
        return []
    columns = HOLDERS[model]
    if actor.kind == REGULATOR:
        inside = enterprises.ids_within(actor.region or 0)
        return [or_(*(column.in_(inside) for column in columns))]
    return [or_(*(column == actor.id for column in columns))]


def present(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Permits of one kind as the API shows them, with the tonnes left this year."""
    names = {column.key for row in rows[:1] for column in row.__table__.columns} - {
        "no",
        "code_id",
        "kg_per_year",
    }
    used = _used_this_year(rows)
    codes = catalogue.codes_by_id(
        {line.code_id for row in rows for line in (row.lines if isinstance(row, Licence) else [row])}
    )
    shown = []
    for row in rows:
        plain = {name: getattr(row, name) for name in names}
        if isinstance(row, Licence):
            plain["lines"] = [
                {"id": line.id, "modes": _modes(line.modes), **_code(codes, line), **_tonnes(line, used)}
                for line in row.lines
            ]
        else:
            plain |= _code(codes, row)
            if isinstance(row, Channel):
                plain |= _tonnes(row, used)
        shown.append(plain)
    return shown


def _code(codes: dict[int, Any], row: Any) -> dict[str, str]:
    return {"scheme": codes[row.code_id].scheme, "code": codes[row.code_id].code}


def _modes(bits: int) -> list[str]:
    return [mode for mode, bit in MODES.items() if bits & 1 << bit]


def _tonnes(row: Any, used: dict[UUID, int]) -> dict[str, int]:
    spent = used.get(row.id, 0)
    return {
        "tonnes_per_year": row.kg_per_year,
        "used_this_year_t": spent,
        "left_this_year_t": max(0, row.kg_per_year - spent),
    }


def _used_this_year(rows: Sequence[Any]) -> dict[UUID, int]:
    lines = [line.id for row in rows if isinstance(row, Licence) for line in row.lines]
    channels = [row.id for row in rows if isinstance(row, Channel)]
    if not lines and not channels:
        return {}
    holder = func.coalesce(TonnesUsed.line_id, TonnesUsed.channel_id)
    sums = (
        select(holder, func.sum(TonnesUsed.kg))
        .where(
            TonnesUsed.year == clock.today().year,
            or_(TonnesUsed.line_id.in_(lines), TonnesUsed.channel_id.in_(channels)),
        )
        .group_by(holder)
    )
    return {permit_id: int(total) for permit_id, total in db.session.execute(sums)}


def references(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Licence or approval number by the id of a licence line or channel."""
    wanted = set(ids)
    rows = db.session.execute(
        select(LicenceLine.id, Licence.number)
        .join(Licence, Licence.id == LicenceLine.licence_id)
        .where(LicenceLine.id.in_(wanted))
        .union_all(select(Channel.id, Channel.approval_number).where(Channel.id.in_(wanted)))
    )
    return dict(iter(rows))


def covers_any(enterprise_id: UUID, code_ids: Iterable[int]) -> bool:
    """Whether the enterprise holds a licence line, in force or to come, on one of these codes."""
    found = (
        select(LicenceLine.id)
        .join(Licence, Licence.id == LicenceLine.licence_id)
        .where(
            Licence.enterprise_id == enterprise_id,
            Licence.revoked_at.is_(None),
            Licence.valid_until >= clock.today(),
            LicenceLine.code_id.in_(set(code_ids)),
        )
    )
    return db.session.scalar(found.limit(1)) is not None


# ---------------------------------------------------------------- columns for the gates

Columns = dict[str, np.ndarray]
EPOCH = "DATE '1970-01-01'"
PERMIT_TYPES = {
    "kind": "i2", "receiver": "i8", "generator": "i8", "code": "i4", "modes": "i2",
    "first_day": "i4", "last_day": "i4", "kg_per_year": "i8", "id": "uuid", "no": "i8",
}  # fmt: skip
USAGE_TYPES = {"no": "i8", "year": "i2", "kg": "i8"}
WHITE_LIST_TYPES = {
    "receiver": "i8",
    "code": "i4",
    "from_province": "i2",
    "first_day": "i4",
    "last_day": "i4",
}
EXEMPTION_TYPES = {"receiver": "i8", "item": "i2", "code": "i4", "first_day": "i4", "last_day": "i4"}

PERMITS = f"""
SELECT 1::int2 AS kind, e.no AS receiver, -1::int8 AS generator, l.code_id AS code, l.modes,
       (p.valid_from - {EPOCH})::int4, (p.valid_until - {EPOCH})::int4, l.kg_per_year, l.id, l.no * 2 AS no
FROM licence_line l JOIN licence p ON p.id = l.licence_id JOIN enterprise e ON e.id = p.enterprise_id
WHERE p.kind = 'comprehensive' AND p.revoked_at IS NULL AND p.valid_until >= %(alive)s
UNION ALL
SELECT 2::int2, r.no, g.no, c.code_id, 1::int2, (c.valid_from - {EPOCH})::int4,
       (c.valid_until - {EPOCH})::int4, c.kg_per_year, c.id, c.no * 2 + 1
FROM channel c JOIN enterprise r ON r.id = c.receiver_id JOIN enterprise g ON g.id = c.generator_id
WHERE c.revoked_at IS NULL AND c.valid_until >= %(alive)s
UNION ALL
SELECT 4::int2, e.no, -1::int8,
       CASE WHEN mine.parent_id = theirs.id THEN mine.id ELSE theirs.id END, l.modes,
       (greatest(p.valid_from, q.valid_from) - {EPOCH})::int4,
       (least(p.valid_until, q.valid_until) - {EPOCH})::int4, l.kg_per_year, l.id, l.no * 2
FROM licence_line l JOIN licence p ON p.id = l.licence_id JOIN enterprise e ON e.id = p.enterprise_id
JOIN licence q ON q.enterprise_id = e.partner_id JOIN licence_line m ON m.licence_id = q.id
JOIN waste_code mine ON mine.id = l.code_id JOIN waste_code theirs ON theirs.id = m.code_id
WHERE p.kind = 'collection' AND q.kind = 'comprehensive' AND p.revoked_at IS NULL AND q.revoked_at IS NULL
  AND (mine.id = theirs.id OR mine.parent_id = theirs.id OR theirs.parent_id = mine.id)
  AND greatest(p.valid_from, q.valid_from) <= least(p.valid_until, q.valid_until)
  AND least(p.valid_until, q.valid_until) >= %(alive)s AND 'collector' = ANY(e.roles)
"""
USAGE = """
SELECT l.no * 2 AS no, u.year, sum(u.kg)::int8 FROM tonnes_used u JOIN licence_line l ON l.id = u.line_id
{of_lines} GROUP BY 1, 2
UNION ALL
SELECT c.no * 2 + 1, u.year, sum(u.kg)::int8 FROM tonnes_used u JOIN channel c ON c.id = u.channel_id
{of_channels} GROUP BY 1, 2
"""
WHITE_LIST = f"""
SELECT e.no AS receiver, w.code_id AS code, (w.from_province / 10000)::int2,
       (w.valid_from - {EPOCH})::int4, (w.valid_until - {EPOCH})::int4
FROM white_list w JOIN enterprise e ON e.id = w.receiver_id
WHERE w.revoked_at IS NULL AND w.valid_until >= %(alive)s
"""
VERIFIED = f"""
SELECT e.no AS receiver, x.item::int2, x.code_id AS code, (x.valid_from - {EPOCH})::int4,
       (x.valid_until - {EPOCH})::int4
FROM verified_exemption x JOIN enterprise e ON e.id = x.enterprise_id
WHERE x.revoked_at IS NULL AND x.valid_until >= %(alive)s
"""
OF_THEIRS = "receiver = ANY(%(receivers)s)"
ON_THESE = "code = ANY(%(codes)s) AND receiver = ANY(%(receivers)s)"


@dataclass(frozen=True, slots=True)
class PermitTables:
    """Permits, the tonnes used of them, white list and verified exemptions, as columns.

    Days count from 1970-01-01. `no` joins usage to permits.
    """

    permits: Columns
    usage: Columns
    white_list: Columns
    verified: Columns

    def renewed(self, receivers: Sequence[int], current: "PermitTables") -> "PermitTables":
        """These, with what the receivers have `current` since in place of what they had."""
        gone = self.permits["no"][np.isin(self.permits["receiver"], receivers)]
        return PermitTables(
            _renewed(self.permits, "receiver", receivers, current.permits),
            _renewed(self.usage, "no", gone, current.usage),
            _renewed(self.white_list, "receiver", receivers, current.white_list),
            _renewed(self.verified, "receiver", receivers, current.verified),
        )


def _renewed(before: Columns, by: str, gone: Any, instead: Columns) -> Columns:
    kept = ~np.isin(before[by], gone)
    return {name: np.concatenate([column[kept], instead[name]]) for name, column in before.items()}


def permit_tables(codes: Iterable[int], receivers: Iterable[int], alive_on: date) -> PermitTables:
    """What these receivers (`no` of enterprises) hold on these codes, less what ended before `alive_on`."""
    params = {"codes": sorted(set(codes)), "receivers": sorted(set(receivers)), "alive": alive_on}
    return _permit_tables(ON_THESE, params)


def permit_tables_of(receivers: Iterable[int]) -> PermitTables:
    """All that these receivers hold or held."""
    return _permit_tables(OF_THEIRS, {"receivers": sorted(set(receivers)), "alive": date.min})


def all_permit_tables() -> PermitTables:
    """All that anyone holds or held."""
    session, params = db.session(), {"alive": date.min}
    return PermitTables(
        copy_columns(session, PERMITS, params, PERMIT_TYPES),
        copy_columns(session, USAGE.format(of_lines="", of_channels=""), {}, USAGE_TYPES),
        copy_columns(session, WHITE_LIST, params, WHITE_LIST_TYPES),
        copy_columns(session, VERIFIED, params, EXEMPTION_TYPES),
    )


def _permit_tables(which: str, params: dict[str, Any]) -> PermitTables:
    session = db.session()

    def read(query: str, types: dict[str, str]) -> Columns:
        return read_columns(session, f"SELECT * FROM ({query}) AS permit_tables WHERE {which}", params, types)

    permits = read(PERMITS, PERMIT_TYPES)
    number, is_channel = np.unique(permits["no"]) // 2, np.unique(permits["no"]) % 2 == 1
    used_of = {"lines": number[~is_channel].tolist(), "channels": number[is_channel].tolist()}
    usage = USAGE.format(of_lines="WHERE l.no = ANY(%(lines)s)", of_channels="WHERE c.no = ANY(%(channels)s)")
    return PermitTables(
        permits,
        read_columns(session, usage, used_of, USAGE_TYPES),
        read(WHITE_LIST, WHITE_LIST_TYPES),
        read(VERIFIED, EXEMPTION_TYPES),
    )
