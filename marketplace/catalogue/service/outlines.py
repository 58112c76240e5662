"""The loader of outlines."""

import logging
import re
import time
from collections.abc import Collection
from typing import Any, cast

import psycopg
from sqlalchemy import delete, select

from ...database import db
from ...events.work import Work, unit_of_work
from ...http import recent
from ..models import OutlineRing, OutlineSource
from .places import northing

Ring = list[tuple[float, float]]
KEPT_S = 3600
NUMBER = re.compile(r"-?[\d.]+")
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


def outlines_of(adcodes: Collection[int]) -> dict[int, list[Ring]]:
    """The rings of those districts, on the plane of `northing`; nothing of one whose outline is not loaded.

    A process keeps them: they change with the package only.
    """
    wanted = sorted(set(adcodes))
    kept: dict[int, list[Ring]] = recent.kept_for(f"outlines {wanted}", KEPT_S, lambda: _read_rings(wanted))
    return kept


def _read_rings(adcodes: list[int]) -> dict[int, list[Ring]]:
    found: dict[int, list[Ring]] = {}
    query = select(OutlineRing.adcode, OutlineRing.shape).where(OutlineRing.adcode.in_(adcodes))
    for adcode, shape in db.session.execute(query.order_by(OutlineRing.id)):
        numbers = list(map(float, NUMBER.findall(shape)))
        found.setdefault(adcode, []).append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


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
