"""The process that reads one file of a stranger: `python -I reader_process.py SECONDS MEGABYTES`.

It takes what is asked as a line of JSON and the file behind it, and says what it found (`answers`). It has
limits of processor and memory, no environment, no connection and no secret, and dies alone. It needs the
modules beside it and none of the application: the packages around them, which would import all of it, are
replaced by empty ones. So it is there in a tenth of a second.
"""

import json
import resource
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
DEPTH = 4
"""Packages from `marketplace` down to this folder."""
NO_MEMORY = 3
"""The exit code that says so."""


def main(seconds: int, megabytes: int) -> int:
    """Read what is asked from stdin, and answer on stdout."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        package = _light_packages()
        asked = json.loads(sys.stdin.buffer.readline())
        upload = sys.stdin.buffer.read()
        sys.stdout.buffer.writelines(import_module(f"{package}.answers").answers(asked, upload))
        sys.stdout.buffer.flush()
    except MemoryError:
        return NO_MEMORY
    return 0


def _light_packages() -> str:
    """Put empty packages in place of those around this module; returns the name of its own."""
    folders = [HERE, *HERE.parents][:DEPTH][::-1]
    name = ""
    for folder in folders:
        name = f"{name}.{folder.name}".lstrip(".")
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
