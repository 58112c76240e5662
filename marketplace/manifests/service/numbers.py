"""The numbers of manifests: our own without a gap, and the official one of the national system."""

import re
from datetime import date

from sqlalchemy import text

from ...errors import Invalid
from ...events.work import Work

OFFICIAL = re.compile(r"20\d\d(\d{4})\d{6}", re.ASCII)
NEXT_SERIAL = text(
    "INSERT INTO manifest_serial AS serial (region, day, last) VALUES (:region, :day, 1)"
    " ON CONFLICT (region, day) DO UPDATE SET last = serial.last + 1 RETURNING last"
)
BELOW_PREFECTURE = 100


def next_number(work: Work, region: int, day: date) -> str:
    """The next number of a region and day: its adcode, the day, six digits.

    The serial's row stays locked until the work ends, so that a number that is not used is given again: take
    it last.
    """
    serial = work.session.execute(NEXT_SERIAL, {"region": region, "day": day}).scalar_one()
    return f"{region:06d}{day:%Y%m%d}{serial:06d}"


def require_official_number(number: str, region: int) -> None:
    """Refuse what is no number of the national system for a load that leaves from this region.

    Fourteen digits: the year, province and prefecture of the place of dispatch, six of a serial (Transfer
    Measures 2021, art. 15).

    Raises:
        Invalid: `official_number_form`, or it is of another prefecture (`official_number_place`).
    """
    found = OFFICIAL.fullmatch(number)
    if found is None:
        raise Invalid("official_number_form", at="official_number")
    prefecture = f"{region // BELOW_PREFECTURE:04d}"
    if found[1] != prefecture:
        raise Invalid("official_number_place", at="official_number", found=found[1], expected=prefecture)
