"""PDF from facts: Typst sets a template of ours; facts are data to it, never source.

The engine reads the folder of templates and the fonts that ship with it, nothing else: no packages, no fonts
of the system, no network. The same facts, template and day give the same bytes. The files are tagged
(PDF/UA-1) and made to be kept (PDF/A-2a), fonts embedded.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...errors import Unavailable
from .coverage import font_files, printable

TEMPLATES = Path(__file__).parents[2] / "templates" / "documents"
STANDARDS = ["a-2a", "ua-1"]
MOST_FACTS = 200_000
"""Bytes of facts: a contract has about 6,000, a manifest of 20 lines 10,000."""
NO_PICTURES: Mapping[str, str] = {}
PATIENCE_S = 5.0
"""How long a request waits for the engine, which sets one document after the other in some 20 ms each."""

_engine_lock = threading.Lock()


def render_pdf(
    template: str, facts: Mapping[str, Any], at: datetime, pictures: Mapping[str, str] = NO_PICTURES
) -> bytes:
    """The PDF of facts, dated `at`.

    Args:
        template: a file of marketplace/templates/documents, without its ending.
        facts: JSON; texts in it are cut and cleaned as `printable` says.
        pictures: SVG that we drew, handed over among the facts as it is.

    Raises:
        ValueError: there are too many facts, or the template cannot set them.
        Unavailable: the engine is busy (`documents_busy`).
    """
    data = json.dumps({**_printable(facts), **pictures}, ensure_ascii=False)
    if len(data.encode()) > MOST_FACTS:
        raise ValueError(f"{len(data)} characters are more than a document has room for")
    if not _engine_lock.acquire(timeout=PATIENCE_S):
        raise Unavailable("documents_busy", retry_s=PATIENCE_S)
    try:
        return _compile(template, data, at)
    finally:
        _engine_lock.release()


def digest_of(template: str, facts: Mapping[str, Any]) -> str:
    """What is equal for the same facts under the same template, as hexadecimal SHA-256."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return sha256(f"{template}\n{_versions()}\n{text}".encode()).hexdigest()


def _compile(template: str, data: str, at: datetime) -> bytes:
    try:
        return bytes(
            _engine().compile(
                TEMPLATES / f"{template}.typ",
                format="pdf",
                sys_inputs={"data": data},
                timestamp=int(at.timestamp()),
                pdf_standards=STANDARDS,
            )
        )
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # Rust's own, which is no Exception
            _engine.cache_clear()
            raise RuntimeError(f"the engine of documents failed at {template}") from error
        raise


@cache
def _engine() -> Any:
    """The compiler, made by the first who asks: it and its fonts take about 40 MB."""
    import typst

    folders = sorted({str(path.parent) for path in font_files()})
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    if not fonts.families():  # without fonts it would set pages without text
        raise RuntimeError(f"no fonts in {folders}")
    return typst.Compiler(root=TEMPLATES, font_paths=fonts, ignore_system_fonts=True)


@cache
def _versions() -> str:
    """What else than facts decides how a document looks: the engine and the templates."""
    digest = sha256(version("typst").encode())
    for path in sorted(TEMPLATES.glob("*.typ")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _printable(facts: Any) -> Any:
    if isinstance(facts, str):
        return printable(facts)
    if isinstance(facts, Mapping):
        return {name: _printable(fact) for name, fact in facts.items()}
    if isinstance(facts, list | tuple):
        return [_printable(fact) for fact in facts]
    return facts
