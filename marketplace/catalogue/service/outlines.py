"""The loader of outlines."""

import logging
import time
from typing import Any, cast

import psycopg
from sqlalchemy import delete, select

from ...events.work import Work, unit_of_work
from ..models import OutlineRing, OutlineSource
from .places import northing

log = logging.getLogger(__name__)


def load_outlines(outlines: Any) -> bool:
    """Make the table hold these outlines, unless it does already; returns whether anything changed.

    Args:
        outlines: what `seed.catalogue.read_outlines()` returns; None leaves the table as it is.
    """
    if outlines is None:
        log.warning("outlines are not installed: places go by the nearest seat")
        return False
    started = time.perf_counter()
    with unit_of_work() as work:
        if work.session.scalar(select(OutlineSource.digest)) == outlines.digest:
            return False
        work.session.execute(delete(OutlineSource))
        work.session.execute(delete(OutlineRing))
        rings = _copy_rings(work, outlines)
        work.add(OutlineSource(digest=outlines.digest, source=outlines.source, rings=rings))
    ms = round((time.perf_counter() - started) * 1000)
    log.info("outlines loaded", extra={"source": outlines.source, "rings": rings, "ms": ms})
    return True


def _copy_rings(work: Work, outlines: Any) -> int:
    connection = cast(psycopg.Connection, work.session.connection().connection.driver_connection)
    with connection.cursor() as cursor:
        with cursor.copy("COPY outline_ring (adcode, shape) FROM STDIN") as copy:
            for adcode, ring in outlines.rings():
                points = ",".join(f"({lon:.6f},{northing(lat):.6f})" for lon, lat in ring)
                copy.write_row((adcode, f"({points})"))
        copied = cursor.rowcount
        cursor.execute("ANALYZE outline_ring")
    return copied
