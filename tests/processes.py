"""What tests ask of processes that may end at any moment: who has just ended answers with nothing."""

from collections.abc import Callable
from typing import TypeVar

import psutil  # type: ignore[import-untyped]

Answer = TypeVar("Answer")


def asked(question: Callable[[], Answer], when_ended: Answer) -> Answer:
    """The answer of a process, or `when_ended` if it ends before or while it is asked."""
    try:
        return question()
    except psutil.NoSuchProcess:  # a zombie too
        return when_ended


def is_alive(process: psutil.Process) -> bool:
    return asked(lambda: process.is_running() and process.status() != psutil.STATUS_ZOMBIE, False)


def gone(*processes: psutil.Process) -> bool:
    return not any(map(is_alive, processes))


def children(process: psutil.Process | None, recursive: bool = False) -> list[psutil.Process]:
    """Those that it started itself; with theirs, if asked for."""
    if process is None:
        return []
    return asked(lambda: process.children(recursive=recursive), [])


def family(process: psutil.Process) -> list[psutil.Process]:
    """It, and all below it."""
    return [process, *children(process, recursive=True)]


def command_line(process: psutil.Process) -> str:
    return asked(lambda: " ".join(process.cmdline()), "")


def title(process: psutil.Process) -> str:
    """What it calls itself."""
    return asked(lambda: str(process.name()), "")


def account(process: psutil.Process) -> str:
    """As whom it runs."""
    return asked(lambda: str(process.username()), "")


def environment(process: psutil.Process | None) -> dict[str, str]:
    return asked(process.environ, {}) if process else {}


def memory_mb(process: psutil.Process) -> float:
    """Proportional set size of it and all below it."""
    return sum(asked(lambda each=each: each.memory_full_info().pss, 0) for each in family(process)) / 2**20
