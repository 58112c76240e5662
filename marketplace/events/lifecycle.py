"""The life of a thing as a table: from, to, who may, what it tells. Code, docs and tests read the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import Conflict
from ..messages.names import Name

OWNER = "owner"
ADMIN = "admin"
CLOCK = "clock"
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """One lawful change of state."""

    name: str
    source: StrEnum
    target: StrEnum
    by: str
    event: str | None = None


def wrong_state(
    table: str, status: StrEnum | Name, action: str, allowed: Sequence[StrEnum | Name]
) -> Conflict:
    """The refusal of an action that does not start from the state of a row of `table`."""
    return Conflict(
        "wrong_state",
        subject=Name("subject", table),
        status=status,
        action=Name("move", action),
        allowed=tuple(allowed),
    )


class LifeCycle:
    """All lawful moves of one kind of thing."""

    def __init__(self, *moves: Move) -> None:
        self.moves = moves

    def move(self, row: Any, name: str) -> Move:
        """Change `row.status` by the move `name`.

        Raises:
            Conflict: the move does not start from the row's state (`wrong_state`).
        """
        for move in self.moves:
            if move.name == name and move.source == row.status:
                row.status = move.target
                return move
        states = type(self.moves[0].source)
        allowed = [states(move.source) for move in self.moves if move.name == name]
        raise wrong_state(row.__tablename__, states(row.status), name, allowed)

    def diagram(self) -> str:
        """The table as a Mermaid state diagram: each arrow says the move, who makes it and what it tells."""
        arrows = [
            f"    {one.source} --> {one.target}: {one.name} ({one.by}){', ' + one.event if one.event else ''}"
            for one in self.moves
        ]
        return "\n".join(["stateDiagram-v2", f"    [*] --> {self.moves[0].source}", *arrows])
