"""The compiled search: compiled ahead and kept on disk, so that no request waits for a compiler.

The machine code is kept beside the sources, or in `NUMBA_CACHE_DIR`. A note beside it holds a fingerprint of
the sources, of Numba and of the processor. A process that finds a note with its own fingerprint uses the
machine code; another searches without. Numba reads a folder only if it may also write there.
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

FOLDER = Path(__file__).parent / "kernel"
log = logging.getLogger(__name__)
_loading = threading.Lock()
_kernel: Any = None
_tried = False


def loaded() -> Any:
    """The package `matching.index.kernel` ready to be called, or None where it was not compiled."""
    global _tried, _kernel
    with _loading:
        if not _tried:
            _tried, kernel = True, _import_kernel()
            if kernel is not None and os.access(_cache(), os.W_OK) and _read_note() == _fingerprint(kernel):
                _kernel = _warm_up(kernel)
            else:
                log.warning("the search is not compiled and slower; python -m matching.compile makes it fast")
        return _kernel


def compile_ahead() -> Any:
    """Compile what is not compiled yet, write the note, and return the kernel; None without Numba.

    Machine code of other sources is deleted first: Numba compares only one file of several.
    """
    global _tried, _kernel
    with _loading:
        kernel = _import_kernel()
        if kernel is not None:
            fingerprint = _fingerprint(kernel)
            if _read_note() != fingerprint:
                for path in _sources(kernel):
                    for old in _cache().rglob(f"{path.stem}.*.nb[ic]"):
                        old.unlink()
            _kernel, _tried = _warm_up(kernel), True
            _note().write_text(fingerprint)
        return _kernel


def _cache() -> Path:
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) if named else FOLDER / "__pycache__"


def _note() -> Path:
    return _cache() / "kernel.compiled"


def _read_note() -> str:
    return _note().read_text() if _note().exists() else ""


def _sources(kernel: Any) -> list[Path]:
    return [Path(module.__file__) for module in kernel.FILES]


def _fingerprint(kernel: Any) -> str:
    """A hash of the kernel's sources, what other modules put into them, the compiler, and the processor."""
    from llvmlite import binding

    constants = [
        (name, value)
        for module in kernel.FILES
        for name, value in vars(module).items()
        if isinstance(value, int | float | np.dtype)
    ]
    known = [constants, version("numba"), np.__version__, sys.version, binding.get_host_cpu_name()]
    sources = b"".join(path.read_bytes() for path in _sources(kernel))
    return hashlib.sha256(sources + repr(known).encode()).hexdigest()


def _import_kernel() -> Any:
    kernel: Any = importlib.import_module("matching.index.kernel")
    return kernel if kernel.njit is not None else None


def _warm_up(kernel: Any) -> Any:
    """The kernel after one empty query, so that all of it is compiled or loaded.

    Its `run` is `search` without Numba's check of the types of the arguments: a tenth of a query's time.
    """
    from matching.index import kernel_arguments

    kernel.search(*kernel_arguments.empty_query(kernel))
    kernel.search.disable_compile()
    (compiled,) = kernel.search.overloads.values()
    kernel.run = compiled.entry_point
    return kernel
