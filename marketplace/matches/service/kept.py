"""What this process keeps of the matching policy and the ranking models, as fresh as each request needs it.

Both change a few times a year and are asked for with every page of matches. They are among the tables whose
state is numbered (`catalogue.seen_version`): what was read under the number that a request has seen reflects
every commit before the request.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from flask import current_app

from ...catalogue import service as catalogue
from ...database import db

Read = TypeVar("Read")


def kept(name: str, read: Callable[[], Read]) -> Read:
    """What `read` reads from the database: kept under `name`, read anew where the state is another one.

    Units of work, and callers outside requests with a key, always read: a unit of work may have waited for a
    lock since its request was admitted.
    """
    version = catalogue.seen_version()
    if version is None or "work" in db.session.info:
        return read()
    held = current_app.extensions.get(name)
    if held is None or held[0] != version:
        held = current_app.extensions[name] = (version, read())
    return cast(Read, held[1])
