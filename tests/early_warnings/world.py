"""Models, histories and cities for the tests of early warnings."""

from contextlib import contextmanager
from datetime import date, timedelta
from random import Random

import numpy as np
from sqlalchemy import select, text

from bench.early_warning import write_city
from bench.warned_city import HABITS, simulated_city
from marketplace.credit import service as credit
from marketplace.database import db
from marketplace.early_warnings import service
from marketplace.early_warnings.models import EarlyWarning, EarlyWarningModel, WarningVerdict
from marketplace.early_warnings.service.features import FEATURES, FREE
from marketplace.early_warnings.service.histories import CreditHistory, PastEvaluation, PastEvent
from marketplace.early_warnings.service.monotone_model import GAPS, MonotoneModel, digest_of
from tests.marketplace import TODAY, as_owner

MONTH = TODAY.replace(day=1)
SIGNS = np.repeat([feature.direction for feature in FEATURES], GAPS)


def any_model(seed):
    """A model with weights of chance that have the signs they must have."""
    weights = np.random.default_rng(seed).normal(0, 1, len(SIGNS))
    return MonotoneModel(-3.0, np.where(SIGNS == FREE, weights, np.abs(weights) * SIGNS))


def simple_model():
    """The lower the score and the more points were lost lately, the higher the risk: 0.5 % of the best."""
    return MonotoneModel(np.log(0.005 / 0.995) + 6.0, np.where(SIGNS == FREE, 0.0, 1.0 * SIGNS))


def event_on(day, rule="law.penalty_minor", *, known=None, until=date.max, cause=None, points=None):
    """An event of a rule of the simulated city."""
    habit = next(habit for habit in HABITS if habit.rule == rule)
    return PastEvent(
        rule,
        habit.axis,
        round(1000 * (habit.points if points is None else points)),
        None if habit.most is None else round(1000 * habit.most),
        habit.severity,
        habit.recorder,
        cause,
        day,
        credit.lapse_date(day, habit.months),
        known or day,
        until,
    )


def any_history(seed, today=TODAY):
    """A history of chance: a member for some time, with up to 25 events of three years, some taken back, some
    of one cause, some recorded later."""
    random = Random(seed)
    since = today - timedelta(days=random.randint(0, 1500))
    events = []
    for _ in range(random.randint(0, 25)):
        habit = random.choice(HABITS)
        day = today - timedelta(days=random.choice([0, 1, 30, 89, 90, 200, 364, 365, 366, 700, 1000]))
        known = day + timedelta(days=random.choice([0, 0, 0, 10, 100, 400]))
        until = known + timedelta(days=random.choice([1, 30, 400])) if random.random() < 0.2 else date.max
        cause = f"manifest:{random.randint(1, 3)}:receipt" if habit.recorder == "system" else None
        events.append(event_on(day, habit.rule, known=known, until=until, cause=cause))
    published = today - timedelta(days=random.randint(0, 900))
    evaluations = [PastEvaluation(published, credit.lapse_date(published, 24), published)]
    return CreditHistory(since, events, evaluations if random.random() < 0.5 else [])


def with_event(history, event):
    return CreditHistory(history.since, [*history.events, event], history.evaluations)


def small_city(enterprises, seed=1, months=24, last=TODAY):
    return simulated_city(enterprises, months, last, seed)


# In the database


def store_model(marketplace, model=None, month=MONTH, verdict=WarningVerdict.IN_USE):
    """Write a training with its model; returns its id."""
    parameters = (model or simple_model()).to_parameters() if verdict == WarningVerdict.IN_USE else None
    with marketplace.app.app_context():
        row = EarlyWarningModel(
            month=month,
            verdict=verdict,
            card={},
            parameters=parameters,
            digest=parameters and digest_of(parameters),
            is_simulated=True,
        )
        db.session.add(row)
        db.session.commit()
        return row.id


def score(marketplace):
    """A night's scoring; returns the warnings by enterprise, as they are stored."""
    with marketplace.app.app_context():
        service.score()
        return warnings(marketplace)


def warnings(marketplace):
    with marketplace.app.app_context():
        rows = db.session.scalars(select(EarlyWarning)).all()
        return {
            str(row.enterprise_id): (row.risk, row.parts, row.others, row.model_id, row.computed_on)
            for row in rows
        }


def load_city(marketplace, city):
    """Write a simulated city as it was recorded day by day; returns the ids of its enterprises."""
    with as_owner(marketplace.app) as connection:
        return write_city(connection.connection.driver_connection, city)


@contextmanager
def lenient(marketplace, falls):
    """A training needs so many falls only."""
    change = text("UPDATE early_warning_term SET least_falls = :falls")
    with as_owner(marketplace.app) as connection:
        before = connection.scalar(text("SELECT max(least_falls) FROM early_warning_term"))
        connection.execute(change, {"falls": falls})
    try:
        yield
    finally:
        with as_owner(marketplace.app) as connection:
            connection.execute(change, {"falls": before})
