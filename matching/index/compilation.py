"""The compiled search: compiled ahead and kept on disk, so that no request waits for a compiler.

The machine code is kept beside the sources, or in `NUMBA_CACHE_DIR`; a note beside it says of which sources,
which Numba and which processor it is. A process that finds its note uses the machine code; another does
without. Numba reads a folder only if it may write there too.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
log = logging.getLogger(__name__)
_loading = threading.Lock()
_kernel: Any = None
_asked = False


def loaded() -> Any:
    """The module `matching.index.kernel` ready to be called, or None where it was not compiled."""
    global _asked, _kernel
    with _loading:
        if not _asked:
            _asked, kernel = True, _imported()
            if kernel is not None and os.access(_cache(), os.W_OK) and _noted() == _fingerprint(kernel):
                _kernel = _warmed(kernel)
            else:
                log.warning("the search is not compiled and slower; python -m matching.compile makes it fast")
        return _kernel


def compile_ahead() -> Any:
    """Compile what is not compiled yet, leave the note, and give the module; None without Numba."""
    global _asked, _kernel
    with _loading:
        kernel = _imported()
        if kernel is not None:
            fingerprint = _fingerprint(kernel)
            if _noted() != fingerprint:
                for old in _cache().rglob("kernel.*.nb[ic]"):
                    old.unlink()
            _kernel, _asked = _warmed(kernel), True
            _note().write_text(fingerprint)
        return _kernel


def _cache() -> Path:
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) if named else FOLDER / "__pycache__"


def _note() -> Path:
    return _cache() / "kernel.compiled"


def _fingerprint(kernel: Any) -> str:
    """The kernel's source, what other modules put into it, the compiler, and the processor."""
    from llvmlite import binding

    constants = {
        name: value for name, value in vars(kernel).items() if isinstance(value, int | float | np.dtype)
    }
    known = [constants, version("numba"), np.__version__, sys.version, binding.get_host_cpu_name()]
    return hashlib.sha256(Path(kernel.__file__).read_bytes() + repr(known).encode()).hexdigest()


def _imported() -> Any:
    kernel: Any = importlib.import_module("matching.index.kernel")
    return kernel if kernel.njit is not None else None


def _noted() -> str:
    return _note().read_text() if _note().exists() else ""


def _warmed(kernel: Any) -> Any:
    """The kernel, asked once, so that all of it is compiled or read.

    Its `run` is `search` without Numba's look at the types of the arguments: a tenth of a question's time.
    """
    from matching.index import kernel_arguments as questions

    kernel.search(*questions.nothing(kernel))
    kernel.search.disable_compile()
    (compiled,) = kernel.search.overloads.values()
    kernel.run = compiled.entry_point
    return kernel
