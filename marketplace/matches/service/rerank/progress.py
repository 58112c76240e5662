"""How far a run is."""

from dataclasses import dataclass

from sqlalchemy import func, select

from .... import clock
from ....database import db
from ...models import RerankPart, RerankRun


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: parts, supplies (`expected` were counted at its start), pairings, seconds."""

    run_id: int
    state: str
    parts: int
    parts_done: int
    expected: int
    supplies: int
    pairings: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Supplies ranked a second."""
        return self.supplies / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None while nothing is done."""
        return max(0, self.expected - self.supplies) / self.per_second if self.supplies else None


def progress_of(run_id: int) -> Progress:
    """How far a run is."""
    run = db.session.get_one(RerankRun, run_id, populate_existing=True)
    parts = select(
        func.count(),
        func.count(RerankPart.ended_at),
        func.coalesce(func.sum(RerankPart.expected), 0),
        func.coalesce(func.sum(RerankPart.supplies), 0),
        func.coalesce(func.sum(RerankPart.pairings), 0),
    ).where(RerankPart.run_id == run_id)
    many, done, expected, supplies, pairings = (int(figure) for figure in db.session.execute(parts).one())
    seconds = ((run.ended_at or clock.now()) - run.started_at).total_seconds()
    return Progress(run_id, run.state, many, done, expected, supplies, pairings, seconds)
