"""Texts, folded by `plain_text`: a line, lines, an identifier."""

import re
from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, fields

from ... import plain_text
from ..languages import Message
from .checks import Length

BLANKS = 1000
"""Characters beyond its longest that a text may have before it is folded: blanks and marks are dropped."""


class Text(fields.String):
    """A line of 1 to `maximum` characters, folded by `plain_text`; may be empty if that is the default.

    What is far too long is refused before it is folded.
    """

    folded: Callable[[str], str] = staticmethod(plain_text.one_line)

    def __init__(self, maximum: int, minimum: int = 1, **kwargs: Any) -> None:
        minimum = 0 if kwargs.get("load_default") == "" else minimum
        self.length = Length(min=minimum, max=maximum)
        checks = [self.length, *kwargs.pop("checks", ())]
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if len(text) > (self.length.max or 0) + BLANKS:
            self.length(text)
        try:
            return self.folded(text)
        except plain_text.BadText as error:
            raise ValidationError(Message(error.code, **error.facts)) from error


class Lines(Text):
    """A text of one or more lines."""

    folded = staticmethod(plain_text.lines)


class UnmarkedLines(Lines):
    """Lines that somebody writes to a stranger: text, never HTML."""

    markup = re.compile(r"<(?:/?[a-z][^<>]*>|!--)", re.IGNORECASE)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if self.markup.search(text):
            raise ValidationError(Message("markup"))
        return text


class Identifier(Text):
    """A code, number or address: one line in which nothing is dropped but at its ends."""

    folded = staticmethod(plain_text.identifier)


class Normalised(Identifier):
    """An identifier that `read` brings into its one form; what it refuses gets the sentence `refusal`."""

    def __init__(self, maximum: int, read: Callable[[str], str], refusal: Message, **kwargs: Any) -> None:
        super().__init__(maximum, **kwargs)
        self.read, self.refusal = read, refusal

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        self.length(text)
        try:
            return self.read(text)
        except ValueError as error:
            raise ValidationError(self.refusal) from error
