"""The ranking model trained: enqueued nightly, or asked for, from what became of pairings."""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from matching.model import POSITIVE_OUTCOMES, Outcome

from .... import clock
from ....database import db
from ....errors import NotFound
from ....events.actor import PLATFORM
from ....events.lifecycle import Party
from ....events.work import unit_of_work
from ....http.fields import MAX_VERSION
from ....numpy_columns import read_columns
from ...models import MODEL_LIFE, ModelStatus, RankingModel

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from matching.learning.history import History

HISTORY_AGE = timedelta(days=730)
MOST_SUPPLIES = 20_000
"""How many of the supplies that last had a positive outcome are learned from and tried on."""
MODELS_WITH_ARRAYS = 30
"""Newest models that keep their arrays; cards stay for ever."""
HISTORY_TYPES = {
    "supply": "i8", "demand": "i8", "supplier": "i8", "receiver": "i8", "code": "i8", "family": "i8",
    "outcome": "i8", "second": "i8", "km": "f8", "fit": "f8", "quantity": "f8", "credit": "f8",
    "capacity_t": "f8", "score": "i8", "lat": "f8", "lon": "f8",
}  # fmt: skip
HISTORY = """
SELECT s.no, d.no, a.no, b.no, c.id::int8, coalesce(c.parent_id, c.id)::int8,
       array_position(%(outcomes)s::text[], o.outcome::text)::int8 - 1,
       extract(epoch FROM o.at AT TIME ZONE 'Asia/Shanghai')::int8, o.km, o.fit, o.quantity,
       o.credit_milli / 100000.0::float8, o.capacity_kg / 1000.0::float8, o.score, o.lat, o.lon
FROM pairing_outcome o
JOIN listing s ON s.id = o.supply_id JOIN listing d ON d.id = o.demand_id
JOIN enterprise a ON a.id = o.supplier_id JOIN enterprise b ON b.id = o.receiver_id
JOIN waste_code c ON c.id = o.code_id
WHERE o.supply_id IN (
    SELECT supply_id FROM pairing_outcome WHERE outcome = ANY(%(positive)s) AND at >= %(since)s
    GROUP BY supply_id ORDER BY max(at) DESC, supply_id LIMIT %(most)s
)
"""
ReportProgress = Callable[[str], None]


def enqueue_nightly_training() -> None:
    """Enqueue the training of this night, once: the row of the night marks it."""
    night = clock.today()
    if db.session.scalar(select(RankingModel.version).where(RankingModel.night == night)) is not None:
        return
    with unit_of_work() as work:
        row = {"night": night, "status": MODEL_LIFE.initial, "used": False, "card": {}}
        new = insert(RankingModel).values({**row, "created_at": clock.now()})
        version = work.session.scalar(new.on_conflict_do_nothing().returning(RankingModel.version))
        if version is not None:
            work.enqueue("matches.jobs.train", version=version)


def request_training() -> int:
    """Add a new version that is to be trained. Returns: its number."""
    with unit_of_work() as work:
        return work.add(RankingModel(status=MODEL_LIFE.initial)).version


def train(version: int, report_progress: ReportProgress) -> None:
    """Train a version that is queued and decide whether it is used; one that is done stays as it is.

    Args:
        report_progress: called with a line on how far the work is.
    Raises:
        NoResultFound: there is no such version.
    """
    from matching.learning import history  # only here: it loads scipy and scikit-learn

    with unit_of_work() as work:
        row = work.session.get_one(RankingModel, version)
        if row.status == ModelStatus.DONE:
            return
        began = time.perf_counter()
        _mark_running(version)
        report_progress("reading what became of pairings")
        trained = history.train_and_compare(_read_history(), report_progress)
        work.session.refresh(row, [MODEL_LIFE.column])  # another transaction wrote that it is running
        MODEL_LIFE.move(row, "finish", by=Party.SYSTEM)
        row.trained_at = clock.now()
        row.used, row.reason, row.card = trained.reason is None, trained.reason, dict(trained.card)
        if trained.ranking is not None and row.used:
            row.arrays = trained.ranking.dump()
            row.digest = hashlib.sha256(row.arrays).hexdigest()
        work.session.execute(
            update(RankingModel)
            .where(RankingModel.version <= version - MODELS_WITH_ARRAYS)
            .values(arrays=None, digest=None)
        )
        work.audit(PLATFORM, "train", row, used=row.used, reason=row.reason)
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info(
        "ranking model trained",
        extra={"version": version, "used": row.used, "reason": row.reason, "ms": milliseconds},
    )


def _mark_running(version: int) -> None:
    """Write it in a transaction of its own, so that others can see it."""
    with db.engine.begin() as connection:
        mine = update(RankingModel).where(RankingModel.version == version)
        connection.execute(mine.values(MODEL_LIFE.values("start")))


def _read_history() -> "History":
    """The outcomes of the supplies that last had a positive one, as columns."""
    from matching.learning.history import History  # only here: it loads scipy

    params = {
        "outcomes": [outcome.value for outcome in Outcome],
        "positive": [outcome.value for outcome in POSITIVE_OUTCOMES],
        "since": clock.now() - HISTORY_AGE,
        "most": MOST_SUPPLIES,
    }
    return History(**read_columns(db.session(), HISTORY, params, HISTORY_TYPES))


def find_model(version: int) -> RankingModel:
    """A model's row. Raises: NotFound."""
    row = db.session.get(RankingModel, version) if version <= MAX_VERSION else None
    if row is None:
        raise NotFound()
    return row


def search_models(before: int | None, limit: int) -> Sequence[RankingModel]:
    """At most `limit` models, newest first, older than version `before`."""
    query = select(RankingModel).order_by(RankingModel.version.desc()).limit(limit)
    return db.session.scalars(query if before is None else query.where(RankingModel.version < before)).all()
