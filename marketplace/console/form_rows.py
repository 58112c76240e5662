"""Rows of a form: what it asks for several times, as `lines.0.codes`, with a button for one row more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from marshmallow import ValidationError, fields

from ..http.languages import render
from ..http.problems import messages_by_field
from ..http.schemas import Schema, refuse_bad_characters
from .forms import Errors, beside_fields

MORE = "more"
"""The button that shows the form again with one row more of what it names."""

PARTS, LONGEST = 3, 4
"""Of the name of a field: rows, number, field; and the digits that a number has fewer than."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind, called as in the API.

    Attributes:
        name: the field of the API that is a list of them.
        schema: what a row asks for; a list in it is of boxes.
        by: the fields of which one at least is filled in where there is a row at all.
        least: how many a form shows at first. most: how many it shows at all.
    """

    name: str
    schema: Schema
    by: tuple[str, ...]
    least: int = 3
    most: int = 20

    def is_more_asked(self) -> bool:
        """Whether the form was sent for one row more, to be shown again with what was typed."""
        return request.form.get(MORE) == self.name

    def count(self, given: Sequence[Mapping[str, Any]] = ()) -> int:
        """How many rows the form shows."""
        sent = len(self._numbers()) + self.is_more_asked()
        return min(max(self.least, len(given), sent), self.most)

    def values(self, given: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """What the fields of the rows hold, by their whole names: what was typed, else what is given.

        Rows in which nothing was typed are left out, so that what is wrong stands beside its row.
        """
        rows = self._typed() if self._numbers() else given
        return {
            f"{self.name}.{number}.{name}": value
            for number, row in enumerate(rows)
            for name, value in row.items()
        }

    def read(self) -> tuple[list[dict[str, Any]], Errors]:
        """What the rows say, and by whole names of fields what is wrong with them."""
        found: list[dict[str, Any]] = []
        errors: Errors = {}
        for number, row in enumerate(self._typed()):
            given = {name: value for name, value in row.items() if value}
            try:
                refuse_bad_characters(given)
                found.append(self.schema.load(given))
            except ValidationError as error:
                for path, message in messages_by_field(error.messages):
                    at = path.partition(".")[0]
                    name = at if at in self.schema.fields else self.by[0]
                    errors.setdefault(f"{self.name}.{number}.{name}", []).append(render(message))
        return found, errors

    def split(self, errors: Errors) -> tuple[Errors, Errors]:
        """Refusals of a service about rows, beside the fields of theirs; and all others as they are."""
        found: Errors = {}
        others: Errors = {}
        for at, words in errors.items():
            head, number, name = [*at.split(".", 3), "", ""][:3]
            if head == self.name:
                name = name if name in self.schema.fields else self.by[0]
                found.setdefault(f"{head}.{number or 0}.{name}", []).extend(words)
            else:
                others[at] = words
        return found, others

    def beside(self, schema: Schema, errors: Errors) -> Errors:
        """Refusals beside the fields of rows and of the form around them, what is about none over it."""
        found, others = self.split(errors)
        return found | beside_fields(schema, others)

    def _numbers(self) -> list[int]:
        """The numbers of the rows that were sent, in their order."""
        parts = (name.split(".") for name in request.form if name.startswith(f"{self.name}."))
        numbers = {part[1] for part in parts if len(part) == PARTS}
        return sorted(int(number) for number in numbers if number.isdecimal() and len(number) < LONGEST)

    def _typed(self) -> list[dict[str, Any]]:
        """The rows in which something was typed, as it came."""
        rows = [self._row(number) for number in self._numbers()[: self.most]]
        return [row for row in rows if any(str(row.get(name) or "").strip() for name in self.by)]

    def _row(self, number: int) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for name, field in self.schema.fields.items():
            sent = request.form.getlist(f"{self.name}.{number}.{name}")
            row[name] = sent if isinstance(field, fields.List) else "".join(sent[:1]).strip()
        return row
