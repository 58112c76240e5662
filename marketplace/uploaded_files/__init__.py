"""Files that prove something, judged by what they hold: PDF, JPEG and PNG without anything that could run.

Who keeps a file calls `judged` and then `store`; what is kept is what `judged` returns, not what was sent.
"""

from .judging import JudgedFile, judged
from .names import cleaned_name
from .storage import (
    DamagedFile,
    read,
    read_archive,
    remove,
    store,
    unused_since,
    write_archive,
)

__all__ = [
    "DamagedFile",
    "JudgedFile",
    "cleaned_name",
    "judged",
    "read",
    "read_archive",
    "remove",
    "store",
    "unused_since",
    "write_archive",
]
