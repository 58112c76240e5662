"""What a file is called once it is kept: as its sender calls it, with an ending that says what it is."""

import re
import unicodedata

from .. import plain_text
from ..http.documents import EXTENSIONS

LONGEST = 100
"""Characters, the ending included; our own choice."""
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
"""What some file system does not take."""
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
"""Names that Windows keeps for its devices."""


def cleaned_name(sent: str | None, media_type: str) -> str:
    """The name of a file as it is shown and saved.

    Args:
        sent: as the sender has it, maybe with folders in front; None if there is none.
    """
    last = re.split(r"[/\\]", sent or "")[-1]
    shown = plain_text.shown(unicodedata.normalize("NFC", last[: 10 * LONGEST]))
    stem = NOT_IN_NAMES.sub("", shown).rpartition(".")[0] if "." in shown else NOT_IN_NAMES.sub("", shown)
    ending = EXTENSIONS[media_type]
    stem = stem.strip(" .")[: LONGEST - 1 - len(ending)].rstrip(" .")
    return f"{'file' if not stem or RESERVED.match(stem) else stem}.{ending}"
