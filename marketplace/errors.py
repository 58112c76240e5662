"""What a service may refuse. Each refusal has a stable code; `http.problems` makes the response."""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Notice:
    """Something suspicious but permitted, a warning beside success. `code` has its sentence in messages/.

    `variant` is added to the code where the same warning says something else: its sentence is then that of
    `<code>_<variant>`.
    """

    code: str
    field: str | None = None
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    variant: str | None = None

    @property
    def sentence(self) -> str:
        """The code of its sentence."""
        return f"{self.code}_{self.variant}" if self.variant else self.code


class DomainError(Exception):
    """A refusal with a stable code, the field it is about, and the facts its sentence needs."""

    status = 500

    def __init__(self, code: str, /, *, at: str | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.at = at
        self.facts = facts


class Unauthorised(DomainError):
    status = 401


class Forbidden(DomainError):
    status = 403


class NotFound(DomainError):
    """Unknown, or the caller may not see it: from outside the two look the same."""

    status = 404

    def __init__(self, code: str = "not_found", /, **facts: Any) -> None:
        super().__init__(code, **facts)


class PreconditionRequired(DomainError):
    status = 428


class PreconditionFailed(DomainError):
    status = 412


class Malformed(DomainError):
    status = 400


class UnsupportedMedia(DomainError):
    status = 415


class Invalid(DomainError):
    status = 422


class Conflict(DomainError):
    status = 409


class TooMany(DomainError):
    """More calls than the caller may make in this time."""

    status = 429


class Unavailable(DomainError):
    """Something that the response needs is not available for now."""

    status = 503


@dataclass(frozen=True, slots=True)
class Fault:
    """An error at one place of a table that was sent: row as its author counts, column, broken rule."""

    row: int
    column: str
    code: str
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)


class InvalidTable(Invalid):
    """A table refused for its content: the first of its faults, and how many there are in all.

    `marked` is the table with its faults marked, as a workbook, where the caller asked for that.
    """

    def __init__(self, code: str, /, faults: list[Fault], count: int) -> None:
        super().__init__(code, count=count)
        self.faults = faults
        self.count = count
        self.marked: bytes | None = None
