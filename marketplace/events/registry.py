"""Which functions tasks run, and which events enqueue them. The tables are in `marketplace.subscriptions`."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, get_type_hints

Function = Callable[..., None]
ManyFunction = Callable[[Sequence[dict[str, Any]]], None]
TABLE = "marketplace/subscriptions.py"
RESERVED = ("task", "due_at")
"""Parameters of `Work.enqueue` itself."""


@dataclass(frozen=True, slots=True)
class TaskType:
    """A function that tasks run with their payload as keyword arguments, and the queue that carries them.

    `many` does many tasks of the kind at once, given their payloads, in the unit of work that marks them as
    done. If it raises, all of that is taken back and `function` does each of them alone. `prepare` is called
    before, in no unit of work, with how many tasks of the kind a job carries.

    `asks_others`: the function waits for servers of others, and is called in no unit of work: it opens its
    own around that. If the process ends before its task is marked as done, it is called again, so what it
    has done must hold it off from doing it twice.
    """

    function: Function
    queue: str
    many: ManyFunction | None = None
    prepare: Callable[[int], None] | None = None
    asks_others: bool = False

    @property
    def name(self) -> str:
        """What tasks call it: room, file and function. Renaming one takes a migration of open tasks."""
        return f"{self.function.__module__.removeprefix('marketplace.')}.{self.function.__name__}"

    def check(self, payload: Mapping[str, Any]) -> None:
        """Hold a payload to the function's signature; one that ends in `**_` needs not all of it.

        Raises:
            TypeError: an argument is missing, unknown or of another type; the message names it.
        """
        parameters = _parameters(self.function)
        faults = [
            f"{name} is missing"
            for name, parameter in parameters.items()
            if parameter.required and name not in payload
        ]
        takes_rest = _takes_rest(self.function)
        for name, value in payload.items():
            if name not in parameters:
                if takes_rest:
                    continue
                faults.append(f"it has no parameter {name}")
            elif not parameters[name].accepts(value):
                faults.append(f"{name} must not be of type {type(value).__name__}")
        if faults:
            raise TypeError(f"{self.name}{inspect.signature(self.function)}: {'; '.join(faults)}")


@dataclass(frozen=True, slots=True)
class _Parameter:
    required: bool
    type: Any

    def accepts(self, value: Any) -> bool:
        return not isinstance(self.type, type | UnionType) or isinstance(value, self.type)


@cache
def _parameters(function: Function) -> dict[str, _Parameter]:
    types = get_type_hints(function)
    return {
        name: _Parameter(parameter.default is parameter.empty, types.get(name))
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind != parameter.VAR_KEYWORD
    }


@cache
def _takes_rest(function: Function) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters)


_types: dict[str, TaskType] = {}
_tasks_per_job: dict[str, int] = {}
_by_event: dict[str, tuple[TaskType, ...]] = {}


def install(
    types: Iterable[TaskType],
    subscriptions: Mapping[str, tuple[Function, ...]],
    tasks_per_job: Mapping[str, int],
) -> None:
    """Install the table of tasks, the functions that each event enqueues, and how many a job carries.

    Raises:
        ValueError: a function is named twice, a subscribed one is not in the table of tasks, or one has a
            parameter that `Work.enqueue` keeps for itself.
    """
    found: dict[str, TaskType] = {}
    for task_type in types:
        _require_usable(task_type)
        if found.setdefault(task_type.name, task_type) is not task_type:
            raise ValueError(f"{task_type.name} is named twice in TASKS of {TABLE}")
    by_function = {task_type.function: task_type for task_type in found.values()}
    for event, functions in subscriptions.items():
        missing = [function.__qualname__ for function in functions if function not in by_function]
        if missing:
            raise ValueError(f"{event} enqueues {missing[0]}: add it to TASKS in {TABLE}, with its queue")
        _by_event[event] = tuple(by_function[function] for function in functions)
    _types.update(found)
    _tasks_per_job.update(tasks_per_job)


def _require_usable(task_type: TaskType) -> None:
    taken = [name for name in RESERVED if name in _parameters(task_type.function)]
    if taken:
        raise ValueError(f"{task_type.name} has the parameter {taken[0]}, which `enqueue` keeps: rename it")


def find_task_type(name: str) -> TaskType:
    """The type of a task.

    Raises:
        KeyError: there is none by that name (any more).
    """
    if name not in _types:
        raise KeyError(f"no task is called {name}: add its function to TASKS in {TABLE}")
    return _types[name]


def task_types_of(event: str) -> tuple[TaskType, ...]:
    """The types of the tasks that an event enqueues."""
    return _by_event.get(event, ())


def does_many(name: str) -> bool:
    """Whether tasks of that name can be done many at once."""
    return name in _types and _types[name].many is not None


def tasks_per_job(queue: str) -> int:
    """How many tasks one job of a queue carries at most."""
    return _tasks_per_job.get(queue, 1)


def queues() -> set[str]:
    """Every queue that needs a worker."""
    return {task_type.queue for task_type in _types.values()}
