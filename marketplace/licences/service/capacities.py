"""Permits that are one capacity: their tonnes a year are counted once, however often they are entered.

Renewals of one document, lines of one licence that name the same code or a category and a code below it, and
the codes of one line share what is used of them. `capacity_no` of all of them is the smallest `no` among
them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ...catalogue import service as catalogue
from ...events.work import Work
from ..models import RECORDED, Channel, Licence, LicenceLine, PermitKind, mode_mask
from .merging import merge_balances

USE_ONLY = mode_mask(["use"])


@dataclass(frozen=True, slots=True)
class Allowance:
    """Tonnes a year of a row (a licence line or a channel): for which codes, modes and years.

    `lineage` are the ids of the code and of all above it; `joint` is the same for rows of one line.
    """

    row: Any
    lineage: frozenset[int]
    modes: int
    years: range
    joint: Any

    def overlaps(self, other: "Allowance") -> bool:
        """Whether some waste of some year may be counted against either."""
        return self.joint == other.joint or (
            bool(self.modes & other.modes)
            and (self.row.code_id in other.lineage or other.row.code_id in self.lineage)
            and max(self.years.start, other.years.start) < min(self.years.stop, other.years.stop)
        )


def share_capacity_of_licence(work: Work, licence: Licence) -> None:
    """Let the lines of all recorded licences of this holder and number share the tonnes that they repeat."""
    licences = work.session.scalars(
        select(Licence).where(
            Licence.enterprise_id == licence.enterprise_id,
            Licence.number_key == licence.number_key,
            Licence.status.in_(RECORDED),
        )
    ).all()
    _share(work, PermitKind.LINE, allowances_of(licences))


def share_capacity_of_channel(work: Work, channel: Channel) -> None:
    """Let all channels of these two parties and this approval share the tonnes that they repeat."""
    channels = work.session.scalars(
        select(Channel).where(
            Channel.generator_id == channel.generator_id,
            Channel.receiver_id == channel.receiver_id,
            Channel.number_key == channel.number_key,
        )
    ).all()
    lineages = lineages_of(row.code_id for row in channels)
    allowances = [Allowance(row, lineages[row.code_id], USE_ONLY, _years(row), row.id) for row in channels]
    _share(work, PermitKind.CHANNEL, allowances)


def allowances_of(licences: Sequence[Licence]) -> list[Allowance]:
    """The allowances of the lines of licences."""
    lineages = lineages_of(line.code_id for licence in licences for line in licence.lines)
    return [
        Allowance(line, lineages[line.code_id], line.modes, _years(licence), line.joint_line_id or line.id)
        for licence in licences
        for line in licence.lines
    ]


def _share(work: Work, kind: PermitKind, allowances: Sequence[Allowance]) -> None:
    for group in groups_of(allowances):
        before = {allowance.row.capacity_no or allowance.row.no for allowance in group}
        shared = min(allowance.row.no for allowance in group) if len(group) > 1 else None
        for allowance in group:
            allowance.row.capacity_no = shared
        if shared is not None and len(before) > 1:
            work.session.flush()  # whoever charges one of the rows has ended when they are written
            merge_balances(work, kind, before, shared)


def groups_of(allowances: Iterable[Allowance]) -> list[list[Allowance]]:
    """The allowances in groups, so that those which overlap, also by way of others, are together."""
    groups: list[list[Allowance]] = []
    for allowance in allowances:
        met = [group for group in groups if any(allowance.overlaps(other) for other in group)]
        groups = [group for group in groups if group not in met]
        groups.append([allowance, *(other for group in met for other in group)])
    return groups


def lineages_of(code_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Each code with the ids of itself and of all above it."""
    codes = catalogue.codes_by_id(code_ids)
    missing = {row.parent_id for row in codes.values() if row.parent_id} - codes.keys()
    while missing:
        codes |= catalogue.codes_by_id(missing)
        missing = {row.parent_id for row in codes.values() if row.parent_id} - codes.keys()

    def lineage(code_id: int | None) -> Iterable[int]:
        while code_id:
            yield code_id
            code_id = codes[code_id].parent_id

    return {code_id: frozenset(lineage(code_id)) for code_id in codes}


def _years(permit: Any) -> range:
    return range(permit.valid_from.year, permit.valid_until.year + 1)


def overlapping_lines(lines: Sequence[LicenceLine], numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Which lines of one licence repeat tonnes of an earlier one, by their numbers on the paper."""
    lineages = lineages_of(line.code_id for line in lines)
    year = range(1)
    rows = [
        Allowance(line, lineages[line.code_id], line.modes, year, number)
        for line, number in zip(lines, numbers, strict=True)
    ]
    found = {
        (later.joint, earlier.joint)
        for place, later in enumerate(rows)
        for earlier in rows[:place]
        if later.joint != earlier.joint and later.overlaps(earlier)
    }
    return sorted(found)
