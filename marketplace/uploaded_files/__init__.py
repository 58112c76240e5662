"""Files that prove something, judged by what they hold: PDF, JPEG and PNG without anything that could run.

Who keeps a file has a table of `KeptFile`, calls `judged` and then `keep` in the transaction of its row; what
is kept is what `judged` returns, not what was sent.
"""

from .judging import JudgedFile, judged, judged_picture
from .keeping import KeptFile, content_of, keep, sweep
from .names import cleaned_name
from .storage import DamagedFile, read_archive, write_archive

__all__ = [
    "DamagedFile",
    "JudgedFile",
    "KeptFile",
    "cleaned_name",
    "content_of",
    "judged",
    "judged_picture",
    "keep",
    "read_archive",
    "sweep",
    "write_archive",
]
