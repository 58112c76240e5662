"""What the process that reads a file says of it: a line of JSON, and behind it what is to be kept."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from ..errors import Invalid
from .other_kinds import refuse_other_kinds

READERS = {"application/pdf": "pdf", "image/jpeg": "jpeg", "image/png": "png"}
"""The module that reads each kind, imported when it is needed: pypdf takes as long as all else."""


def answers(asked: dict[str, Any], upload: bytes) -> Iterator[bytes]:
    """Everything that is said of a file of `asked["media_type"]`."""
    try:
        reader = import_module(f"{__package__}.{READERS[asked['media_type']]}")
        cleaned: Callable[[bytes], bytes] = reader.cleaned
        content = cleaned(upload)
        refuse_other_kinds(content)
    except Invalid as error:
        yield _line({"refusal": error.code, "facts": error.facts})
    else:
        yield _line({})
        yield content


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"
