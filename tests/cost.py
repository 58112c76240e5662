"""What a call costs the processor, whatever else the machine is doing."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def cost_of(call: Callable[[], Result], bound_s: float = 0.0, tries: int = 3) -> tuple[float, Result]:
    """(seconds of processor of this thread, result) of the cheapest of some calls.

    The collector of memory is off: its rounds grow with all that earlier tests left, and fall on whoever is
    running. A machine has hiccups too; so what costs as much as `bound_s` is called again.
    """
    least, result = _cost_once(call)
    for _ in range(tries - 1):
        if least < bound_s:
            break
        seconds, result = _cost_once(call)
        least = min(least, seconds)
    return least, result


def crowding() -> float:
    """How many times as long as on an idle machine a process takes just now.

    What else runs at the same time is no fault of ours: a bound in seconds of the clock is so many times it.
    """
    began, until = time.monotonic(), time.thread_time() + 0.05
    while time.thread_time() < until:
        pass
    return max(1.0, (time.monotonic() - began) / 0.05)


def _cost_once(call: Callable[[], Result]) -> tuple[float, Result]:
    collects = gc.isenabled()
    gc.disable()
    began = time.thread_time()
    try:
        result = call()
        return time.thread_time() - began, result
    finally:
        if collects:
            gc.enable()
