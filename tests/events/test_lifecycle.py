"""Life cycles: who may make which move from where, and when it is overdue."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from marketplace.errors import Conflict, Forbidden, Invalid
from marketplace.events.lifecycle import LifeCycle, Move, Party, WorkingDays


class Stage(StrEnum):
    OPEN = "open"
    HELD = "held"
    OVER = "over"


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


LIFE = LifeCycle(
    Move("hold", Stage.OPEN, Stage.HELD, by={Party.OWNER, Party.RECEIVER}, twin=True),
    Move("end", Stage.OPEN, Stage.OVER, by={Party.SYSTEM, Party.CLOCK}, after=timedelta(hours=2), since="at"),
    Move("end", Stage.HELD, Stage.OVER, by={Party.SYSTEM}),
    Move("lapse", Stage.HELD, Stage.OVER, by={Party.CLOCK}, after=WorkingDays(2, is_weekday), since="day"),
    column="stage",
)


class Base(DeclarativeBase): ...


class Load(Base):
    __tablename__ = "load"

    id: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    at: Mapped[datetime]
    day: Mapped[date]


def load(stage):
    return SimpleNamespace(stage=stage, __tablename__="listing")


@pytest.mark.parametrize("party", [Party.OWNER, Party.RECEIVER])
def test_a_move_changes_the_named_column(party):
    row = load("open")
    assert LIFE.move(row, "hold", by=party).target == Stage.HELD
    assert row.stage == Stage.HELD


def test_a_party_that_may_not_is_refused_before_the_state_is_looked_at():
    for stage in Stage:
        row = load(stage)
        with pytest.raises(Forbidden) as caught:
            LIFE.move(row, "hold", by=Party.TRANSPORTER)
        assert (caught.value.code, caught.value.facts["allowed"]) == (
            "role_forbids", (Party.OWNER, Party.RECEIVER),
        )  # fmt: skip
        assert row.stage == stage


def test_a_move_from_another_state_is_refused_with_the_states_that_allow_it():
    row = load("over")
    with pytest.raises(Conflict) as caught:
        LIFE.move(row, "end", by=Party.SYSTEM)
    assert (caught.value.code, caught.value.facts["status"]) == ("wrong_state", Stage.OVER)
    assert caught.value.facts["allowed"] == (Stage.OPEN, Stage.HELD)
    assert row.stage == "over"


def test_an_admin_makes_the_twin_of_a_move_with_a_reason_only():
    row = load("open")
    with pytest.raises(Invalid) as caught:
        LIFE.move(row, "hold", by=Party.ADMIN)
    assert (caught.value.code, caught.value.at, row.stage) == ("field_required", "reason", "open")
    assert LIFE.move(row, "hold", by=Party.ADMIN, reason="the owner cannot be reached").target == row.stage
    with pytest.raises(Forbidden):
        LIFE.move(row, "end", by=Party.ADMIN, reason="it has no twin")


def test_an_unknown_move_is_a_mistake_of_the_caller():
    for ask in (lambda: LIFE.move(load("open"), "sell", by=Party.OWNER), lambda: LIFE.values("sell")):
        with pytest.raises(KeyError, match="no move is called sell: add it to LIFE"):
            ask()


def test_bulk_updates_take_states_from_the_table():
    assert LIFE.values("end") == {"stage": Stage.OVER}
    assert LIFE.sources("end") == (Stage.OPEN, Stage.HELD)
    assert LIFE.initial == Stage.OPEN


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"by": frozenset()}, "Nobody may make a move: add by="),
        ({"by": {"owner"}}, "Nobody may make a move: add by="),
        ({"by": {Party.CLOCK}, "after": timedelta(1)}, "A time-out is after= and since=: add the other one"),
        ({"by": {Party.CLOCK}, "since": "at"}, "A time-out is after= and since=: add the other one"),
        ({"by": {Party.OWNER}, "after": timedelta(1), "since": "at"}, "add Party.CLOCK to by="),
    ],
)
def test_a_move_that_is_not_whole_fails_with_what_to_add_and_where(about, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        Move("ship", Stage.OPEN, Stage.HELD, **about)
    assert 'Move("ship",' in str(caught.value)
    assert "LIFE in the models.py" in str(caught.value)


def test_a_move_is_overdue_when_its_time_has_passed():
    moment = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    condition = LIFE.overdue(Load, "end", moment).compile()
    assert str(condition) == "load.stage = :stage_1 AND load.at <= :at_1"
    assert condition.params == {"stage_1": Stage.OPEN, "at_1": moment - timedelta(hours=2)}
    with pytest.raises(KeyError, match="the move hold has no time-out"):
        LIFE.overdue(Load, "hold", moment)


@pytest.mark.parametrize(
    ("moment", "latest"),
    [
        # in Shaoxing it is Friday until 16:00 UTC: of a start on Tuesday two working days have passed
        (datetime(2026, 12, 4, 15, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 4, 16, 0, tzinfo=UTC), date(2026, 12, 2)),
        (datetime(2026, 12, 6, 12, 0, tzinfo=UTC), date(2026, 12, 2)),
        (datetime(2026, 12, 7, 16, 0, tzinfo=UTC), date(2026, 12, 3)),
    ],
)
def test_working_days_are_counted_by_the_calendar_given(moment, latest):
    assert LIFE.overdue(Load, "lapse", moment).compile().params["day_1"] == latest
