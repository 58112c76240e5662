"""Numbers of deals: D, the region, the day, and a serial without gaps."""

from sqlalchemy.dialects.postgresql import insert

from ... import clock
from ...events.work import Work
from ..models import DealSerial


def next_number(work: Work, region: int) -> str:
    """The next number of a region today; others of the region and day wait until this work has ended."""
    today = clock.today()
    first = insert(DealSerial).values(region=region, day=today, last=1)
    following = first.on_conflict_do_update(
        index_elements=["region", "day"], set_={"last": DealSerial.last + 1}
    )
    serial = work.session.scalar(following.returning(DealSerial.last))
    return f"D{region:06d}{today:%Y%m%d}{serial:06d}"
