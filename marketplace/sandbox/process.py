"""The process that reads one file of a stranger: `python -I process.py MODULE SECONDS MEGABYTES`.

It takes what is asked as a line of JSON and the file behind it, and says what the module found. It has limits
of processor and memory, no environment, no connection and no secret, and dies alone. The packages around the
module, which would import all of the application, are replaced by empty ones.
"""

import json
import logging
import resource
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package `marketplace`."""
NO_MEMORY = 3
"""The exit code that says so."""


def main(module: str, seconds: int, megabytes: int) -> int:
    """Read what is asked from stdin, and answer on stdout."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable()  # what libraries have to say of the file would fill the memory of who asked
    try:
        _make_packages_empty(module)
        asked = json.loads(sys.stdin.buffer.readline())
        upload = sys.stdin.buffer.read()
        sys.stdout.buffer.writelines(import_module(module).answers(asked, upload))
        sys.stdout.buffer.flush()
    except MemoryError:
        return NO_MEMORY
    return 0


def _make_packages_empty(module: str) -> None:
    """Put empty packages in place of those around a module."""
    parts = module.split(".")[:-1]
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        package = ModuleType(name)
        package.__path__ = [str(ROOT.joinpath(*parts[:depth]))]
        sys.modules[name] = package


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
