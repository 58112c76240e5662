"""Digital ids of containers: given once for each package, counted by unit, code and day."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from ...errors import Conflict
from ...events.work import Work
from ..models import ContainerLabel

MOST_PACKAGES = 30_000
"""Packages of a line that may have labels."""
MOST_A_DAY = 999
"""The serial has three digits."""
NEXT = text(
    """
    INSERT INTO label_serial AS serial (stem, last) VALUES (:stem, :many)
    ON CONFLICT (stem) DO UPDATE SET last = serial.last + :many WHERE serial.last + :many <= :most
    RETURNING last
    """
)


def digital_ids(
    work: Work, subject_id: UUID, line: int, many: int, *, uscc: str, code: str, day: date
) -> list[str]:
    """The digital ids of the packages 1 to `many` of a line; those that have none yet get the next ones.

    Args:
        uscc, code, day: the unit, the waste code and the day of packing of the ids that are new.
    Raises:
        Conflict: the unit has no serial left for that code and day (`labels_used_up`).
    """
    of_line = select(ContainerLabel).where(
        ContainerLabel.subject_id == subject_id, ContainerLabel.line == line
    )
    given = {label.package: label.digital_id for label in work.session.scalars(of_line)}
    missing = [package for package in range(1, many + 1) if package not in given]
    if missing:
        work.lock_name(f"container_label:{subject_id}")
        given = {label.package: label.digital_id for label in work.session.scalars(of_line)}
        missing = [package for package in missing if package not in given]
    if missing:
        given |= _give(work, subject_id, line, missing, f"{uscc}{code.replace('-', '')}{day:%Y%m%d}")
    return [given[package] for package in range(1, many + 1)]


def _give(work: Work, subject_id: UUID, line: int, packages: list[int], stem: str) -> dict[int, str]:
    many = len(packages)
    last = (
        work.session.scalar(NEXT, {"stem": stem, "many": many, "most": MOST_A_DAY})
        if many <= MOST_A_DAY
        else None
    )
    if last is None:
        raise Conflict("labels_used_up", most=MOST_A_DAY)
    given = {package: f"{stem}{last - many + place:03d}" for place, package in enumerate(packages, start=1)}
    work.session.add_all(
        ContainerLabel(digital_id=digital_id, subject_id=subject_id, line=line, package=package)
        for package, digital_id in given.items()
    )
    work.session.flush()
    return given
