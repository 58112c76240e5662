"""A training a month: enqueued by the scheduler, or asked for; and the model that warns."""

import logging
import time
from datetime import date

from sqlalchemy import select

from ... import clock
from ...database import db
from ...events.actor import PLATFORM
from ...events.work import unit_of_work
from ..models import EarlyWarningModel, WarningVerdict
from ..schemas import CARD_PARTS, EarlyWarningModelSchema
from .learning import Learned, Lessons, earliest_first, learn
from .monotone_model import BadModel, MonotoneModel, digest_of
from .reading import beginning, histories_of, sampled
from .terms import needs_in_force

MOST_ENTERPRISES = 8_000
"""How many enterprises are learned from: a task may take five minutes. Our own choice."""

CARD = EarlyWarningModelSchema(only=CARD_PARTS)

log = logging.getLogger(__name__)


def newest_model() -> EarlyWarningModel | None:
    """The last training, whatever came of it; a row from the future is none."""
    rows = select(EarlyWarningModel).where(
        EarlyWarningModel.month <= this_month(), EarlyWarningModel.created_at <= clock.now()
    )
    columns = (EarlyWarningModel.month, EarlyWarningModel.created_at, EarlyWarningModel.id)
    newest_first = rows.order_by(*(column.desc() for column in columns))
    return db.session.scalars(newest_first.limit(1)).one_or_none()


def usable_model(row: EarlyWarningModel | None) -> MonotoneModel | None:
    """The model of a training, where it warns.

    Raises:
        BadModel: what is stored is not what was trained.
    """
    if row is None:
        return None
    try:
        card, parameters = row.card, row.parameters
    except (ValueError, RecursionError) as error:
        raise BadModel("no JSON that can be read") from error
    if CARD.validate(card):
        raise BadModel("the card reads otherwise")
    if row.verdict != WarningVerdict.IN_USE:
        return None
    return MonotoneModel.from_parameters(parameters, row.digest)


def model_to_warn_by() -> tuple[EarlyWarningModel, MonotoneModel] | None:
    """The newest training and its model; None where it warns nobody. A corrupt one is logged and refused."""
    row = newest_model()
    try:
        model = usable_model(row)
    except BadModel as error:
        log.error("early warning model refused", extra={"model": str(row and row.id), "reason": str(error)})
        return None
    return (row, model) if row and model else None


def is_training_due() -> bool:
    """Whether nobody has trained in this month, or what is stored of it is refused."""
    row = newest_model()
    return row is None or row.month < this_month() or is_refused(row)


def is_refused(row: EarlyWarningModel) -> bool:
    """Whether what is stored of a training is not what was trained."""
    try:
        usable_model(row)
    except BadModel:
        return True
    return False


def this_month() -> date:
    return clock.today().replace(day=1)


def train() -> EarlyWarningModel:
    """Train the model of this month; one that is there stays as it is, unless it is refused."""
    month, began = this_month(), time.perf_counter()
    with unit_of_work() as work:
        work.lock_name("early_warning_model")
        row = newest_model()
        if row is not None and not is_training_due():
            return row
        learned, is_simulated = _learn()
        parameters = learned.model.to_parameters() if learned.model else None
        row = work.add(
            EarlyWarningModel(
                month=month,
                verdict=learned.verdict,
                card=dict(learned.card),
                parameters=parameters,
                digest=digest_of(parameters) if parameters else None,
                is_simulated=is_simulated,
            )
        )
        work.audit(PLATFORM, "train", row, verdict=row.verdict)
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info("early warning model trained", extra={"verdict": row.verdict.value, "ms": milliseconds})
    return row


def _learn() -> tuple[Learned, bool]:
    today = clock.today()
    began_on, is_simulated = beginning()
    lessons = Lessons(max(earliest_first(today), began_on or today), today)
    for ids in sampled(MOST_ENTERPRISES):
        lessons.add(histories_of(ids).values())
    return learn(lessons, began_on, needs_in_force()), is_simulated
