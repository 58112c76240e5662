"""How long a client may take, and how much of it is held meanwhile."""

import time
from dataclasses import dataclass, field

BYTES_PER_S = 1_000
"""What a client sends or takes in a second at least, over the whole body or answer; our own choice. A
telephone with one bar does twenty times as much."""
PROMPT_S = 0.5
"""A body that came whole by then is simply read; of a later one the head is judged first. Our own choice."""
PROMPT_BYTES = 65_536
"""The head of a larger body is judged at once. Bodies and answers up to this size are held in memory, larger
ones in a file."""
LINGER_S = 5.0
"""How long we listen after the last answer: a client that still sends would lose it if we hung up."""
MAX_HEAD_BYTES = 65_536
"""A request line and headers; our own choice, twice what nginx takes."""
MAX_BODY_BYTES = 32 * 1024 * 1024
"""A body of which no route has said how much it takes: more than the largest that any takes."""
MAX_HELD_BYTES = 256 * 1024 * 1024
"""What a process holds of requests and answers for those it waits for, most of it in files; then the one
that has waited for the longest gives way."""
REST_S = 20.0
"""How long a connection may rest between two requests. The shipped proxies keep theirs for 15 s: it is they
that end them, and never do we while a request is on its way to us."""


@dataclass
class Pace:
    """A client that sends a body or takes an answer: never still for long, never slow on the whole."""

    patience_s: float
    began: float = field(default_factory=time.monotonic)
    moved: float = 0.0
    amount: int = 0

    def move(self, amount: int) -> None:
        """The client sent or took so many bytes."""
        self.amount += amount
        self.moved = time.monotonic()

    @property
    def due(self) -> float:
        """When the client must have moved on, by the monotonic clock."""
        moved = max(self.began, self.moved)
        return self.patience_s + min(moved, self.began + self.amount / BYTES_PER_S)
