"""What an enterprise shows for its appeal: files beside those of the event."""

from ... import uploaded_files
from ...credit import service as credit
from ...credit.models import CreditFile
from ...events.actor import Actor
from ...events.lifecycle import wrong_state
from ...events.work import unit_of_work
from ..models import Appeal, AppealStatus
from .lookup import lock


def add_appeal_file(
    actor: Actor, appeal: Appeal, upload: bytes, declared: str, name: str | None
) -> CreditFile:
    """Keep a file with the event of an appeal that nobody has decided; its overseers see it there.

    Args:
        declared: the media type that the sender names. name: what the sender calls it, if anything.
    Raises:
        UnsupportedMedia, Invalid, Unavailable: as `uploaded_files.judged` and `keep`.
        Conflict: the appeal is decided or over (`wrong_state`), the enterprise has added as many files as it
            may (`too_many_files`), or this one is there already (`already_entered`).
    """
    file = uploaded_files.judged(upload, declared)
    with unit_of_work() as work:
        appeal, event = lock(work, appeal)
        if appeal.status != AppealStatus.OPEN:
            raise wrong_state(Appeal.__tablename__, appeal.status, "prove", [AppealStatus.OPEN])
        return credit.keep_file(work, actor, event, file, name)
