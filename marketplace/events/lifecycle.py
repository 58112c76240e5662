"""The life cycle of a row as a table that is enforced: from, to, who may, which event, when it is overdue.

Services move rows by the table, the 409 responses and `docs/lives.md` are made from it, the scheduler makes
the moves that are overdue, and tests hold all of it together. No status changes in any other way.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, or_

from ..clock import LOCAL
from ..errors import Conflict, Forbidden, Invalid
from ..messages.names import Name


class Party(StrEnum):
    """Who makes a move."""

    OWNER = "owner"
    SUPPLIER = "supplier"
    RECEIVER = "receiver"
    TRANSPORTER = "transporter"
    ADMIN = "admin"
    INVITED = "invited"
    """Who was invited to become a member."""
    PERSON = "person"
    """Whom the row is about: somebody who logs in."""
    REGULATOR = "regulator"
    """The authority of a region, where the law makes the decision its own."""
    CLOCK = "clock"
    """The scheduler, when the time has come."""
    SYSTEM = "system"
    """A task or a rule of the platform itself."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A time-out in working days after the day on which it starts.

    Attributes:
        days: how many must have passed, at least 1.
        is_working_day: the calendar.
    """

    days: int
    is_working_day: Callable[[date], bool]

    def latest_start(self, moment: datetime) -> datetime:
        """The latest start from which so many working days have passed at `moment`."""
        day, left = moment.astimezone(LOCAL).date(), self.days
        while left:
            day -= timedelta(days=1)
            left -= self.is_working_day(day)
        return datetime.combine(day, time(), LOCAL) - datetime.resolution


@dataclass(frozen=True, slots=True)
class Move:
    """One lawful change of state.

    Attributes:
        name: what is done, as in the path of the API.
        source, target: the states before and after; equal where only other columns change.
        by: who may.
        event: what is emitted with it.
        after: how long after `since` the scheduler makes the move.
        since: the column that a time-out starts from; a date counts from its first moment in Asia/Shanghai.
        twin: whether an admin may make the move in place of a party, with a reason.

    Raises:
        ValueError: nobody may make it, or the time-out is incomplete.
    """

    name: str
    source: StrEnum
    target: StrEnum
    by: Set[Party]
    event: str | None = None
    after: timedelta | WorkingDays | None = None
    since: str | None = None
    twin: bool = False

    def __post_init__(self) -> None:
        row = f'the row Move("{self.name}", {self.source!r}, ...) of LIFE in the models.py of its room'
        if not self.by or not all(isinstance(party, Party) for party in self.by):
            raise ValueError(f"Nobody may make a move: add by={{Party....}} to {row}.")
        if bool(self.after) != bool(self.since):
            raise ValueError(f"A time-out is after= and since=: add the other one to {row}.")
        if self.after and Party.CLOCK not in self.by:
            raise ValueError(f"The scheduler makes a move with a time-out: add Party.CLOCK to by= in {row}.")

    def latest_start(self, model: Any, moment: datetime) -> datetime | date:
        """The latest value of its column `since` in `model` with which the timed move is due at `moment`."""
        after = self.after or timedelta()
        start = after.latest_start(moment) if isinstance(after, WorkingDays) else moment - after
        is_date = isinstance(getattr(model, self.since or "").type, Date)
        return start.astimezone(LOCAL).date() if is_date else start


def wrong_state(
    table: str,
    status: StrEnum | Name,
    action: str,
    allowed: Sequence[StrEnum | Name],
    next_step: Name | str = "",
) -> Conflict:
    """The refusal of an action that does not start from the state of a row of `table`.

    `next_step` names who has to do what next, where that is known.
    """
    return Conflict(
        "wrong_state",
        subject=Name("subject", table),
        status=status,
        action=Name("move", action),
        allowed=tuple(allowed),
        next=next_step,
    )


class LifeCycle:
    """All lawful moves of the rows of one table.

    Args:
        moves: the first one starts from the state in which a row begins.
        column: the attribute that holds the state.
        next_steps: the group of names.toml that says, by state, who has to do what next.
    """

    def __init__(self, *moves: Move, column: str = "status", next_steps: str | None = None) -> None:
        self.moves = moves
        self.column = column
        self.next_steps = next_steps
        self.initial = moves[0].source

    @property
    def states(self) -> type[StrEnum]:
        """The enum of all states."""
        return type(self.initial)

    def move(self, row: Any, name: str, *, by: Party, reason: str | None = None) -> Move:
        """Change the state of a row by the move `name`.

        Args:
            by: who makes it.
            reason: why an admin makes the move of another party.

        Raises:
            KeyError: there is no such move.
            Forbidden: this party may not make it (`role_forbids`).
            Conflict: it does not start from the row's state (`wrong_state`).
            Invalid: an admin gives no reason for the move of another party (`field_required`).
        """
        permitted = [move for move in self._named(name) if may_make(move, by)]
        if not permitted:
            parties = {party for move in self._named(name) for party in move.by}
            raise Forbidden("role_forbids", allowed=tuple(sorted(parties)))
        state = getattr(row, self.column)
        for move in permitted:
            if move.source == state:
                if by not in move.by and not reason:
                    raise Invalid("field_required", at="reason")
                setattr(row, self.column, move.target)
                return move
        allowed = [move.source for move in permitted]
        raise wrong_state(row.__tablename__, self.states(state), name, allowed, self.next_step(state))

    def next_step(self, state: str) -> Name | str:
        """The name of what has to be done next in a state, and by whom; empty where nobody has said it."""
        return Name(self.next_steps, str(state)) if self.next_steps else ""

    def values(self, name: str) -> dict[str, StrEnum]:
        """What a bulk UPDATE sets for the move `name`; it must select rows in `sources(name)` only.

        Raises:
            KeyError: there is no such move.
        """
        (target,) = {move.target for move in self._named(name)}
        return {self.column: target}

    def sources(self, name: str) -> tuple[StrEnum, ...]:
        """The states that the move `name` starts from. Raises: KeyError: there is no such move."""
        return tuple(move.source for move in self._named(name))

    def overdue(self, model: Any, name: str, moment: datetime) -> ColumnElement[bool]:
        """The condition of the rows of `model` for which the timed move `name` is overdue at `moment`.

        Raises:
            KeyError: there is no such move, or it has no time-out.
        """
        return or_(
            *(self.has_waited(model, move, move.latest_start(model, moment)) for move in self.timed(name))
        )

    def timed(self, name: str) -> list[Move]:
        """The rows of the timed move `name`. Raises: KeyError: as `overdue` does."""
        timed = [move for move in self._named(name) if move.after]
        if not timed:
            raise KeyError(f"the move {name} has no time-out: add after= and since= to its row")
        return timed

    def has_waited(self, model: Any, move: Move, latest: Any) -> ColumnElement[bool]:
        """The condition of the rows of `model` that wait for a timed move since `latest` or longer."""
        return and_(getattr(model, self.column) == move.source, getattr(model, move.since or "") <= latest)

    def diagram(self) -> str:
        """The table as a Mermaid state diagram: each arrow says the move, who makes it and its event."""
        arrows = [
            f"    {move.source} --> {move.target}: {move.name} ({', '.join(sorted(move.by))})"
            f"{', ' + move.event if move.event else ''}"
            for move in self.moves
        ]
        return "\n".join(["stateDiagram-v2", f"    [*] --> {self.initial}", *arrows])

    def _named(self, name: str) -> list[Move]:
        named = [move for move in self.moves if move.name == name]
        if not named:
            raise KeyError(f"no move is called {name}: add it to LIFE in the models.py of its room")
        return named


def may_make(move: Move, party: Party) -> bool:
    """Whether a party may make a move, its own or, as an admin, that of another."""
    return party in move.by or (party == Party.ADMIN and move.twin)
