"""Tasks: dispatched to the queues, performed once, parked when they fail too often."""

from .backlog import Backlog, backlogs, delete_done
from .carrying import perform_many
from .heartbeat import accepts_changes, beat, is_scheduler_ticking, tick_age_s
from .history import histories_of, history_of, times_done
from .parking import lock_parked, parked_tasks, replay
from .performing import backoff, perform
from .staff_reads import CONTACT, CREDIT, CREW, begin_reads, note_read, record_reads
from .task_relay import relay

__all__ = [
    "CONTACT",
    "CREDIT",
    "CREW",
    "Backlog",
    "accepts_changes",
    "backlogs",
    "backoff",
    "beat",
    "begin_reads",
    "delete_done",
    "histories_of",
    "history_of",
    "is_scheduler_ticking",
    "lock_parked",
    "note_read",
    "parked_tasks",
    "perform",
    "perform_many",
    "record_reads",
    "relay",
    "replay",
    "tick_age_s",
    "times_done",
]
