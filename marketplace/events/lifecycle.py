"""The life of a thing as a table: from, to, who may, what it tells. Code, docs and tests read the table."""

from dataclasses import dataclass
from typing import Any

from ..errors import Conflict

OWNER = "owner"
ADMIN = "admin"
CLOCK = "clock"
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """One lawful change of state."""

    name: str
    source: str
    target: str
    by: str
    event: str | None = None


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
        allowed = ", ".join(move.source for move in self.moves if move.name == name)
        raise Conflict("wrong_state", status=row.status, action=name, allowed=allowed)

    def diagram(self) -> str:
        """The table as a Mermaid state diagram: each arrow says the move, who makes it and what it tells."""
        arrows = [
            f"    {one.source} --> {one.target}: {one.name} ({one.by}){', ' + one.event if one.event else ''}"
            for one in self.moves
        ]
        return "\n".join(["stateDiagram-v2", f"    [*] --> {self.moves[0].source}", *arrows])
