"""Templates as the code they become, kept beside other compiled code: making it takes 80 ms, reading 1."""

import os
import pickle
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache, Template
from jinja2.bccache import Bucket

HERE = Path(__file__).parent


def keep(app: Flask) -> None:
    """Keep the code of the application's templates where there is a folder that may be written."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or HERE / "__pycache__") / "templates"
    app.jinja_env.template_class = _Template
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return
    app.jinja_env.bytecode_cache = _Kept(str(folder))


class _Kept(FileSystemBytecodeCache):
    """Code in files; that a disk is full, or was when a file was written, is no reason to show no page."""

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (pickle.UnpicklingError, EOFError, TypeError, ValueError, OSError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        try:
            super().dump_bytecode(bucket)
        except OSError:
            return


class _Template(Template):
    """A template that imports macros as they are: all that they see is the same in every page.

    Jinja compares what two templates see at each import, a twentieth of a short page's time.
    """

    def _get_default_module(self, ctx: Any = None) -> Any:
        return super()._get_default_module()
