"""Who uses `matching/` imports the public names of its packages, never what is inside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLERS = ("marketplace", "seed", "bench", "deploy")


def imports() -> Iterator[tuple[str, str, str]]:
    """File, package or module, and name of every `from matching... import name` outside `matching/`."""
    for folder in CALLERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "matching":
                    for alias in node.names:
                        yield str(path.relative_to(ROOT)), str(node.module), alias.name


def test_callers_import_public_names_only():
    inner = [
        f"{file}: from {module} import {name}"
        for file, module, name in imports()
        if not is_public(module, name)
    ]
    assert not inner, f"import a public name of the package (`__all__`) instead: {'; '.join(inner)}"


def is_public(module: str, name: str) -> bool:
    """Whether a package lists the name, or the module itself is listed as a public one."""
    package, _, inner = module.removeprefix("matching").strip(".").partition(".")
    listed = import_module(f"matching.{package}" if package else "matching").__all__
    return (inner or name) in listed


def test_an_inner_name_is_found():
    assert is_public("matching.learning", "history")
    assert is_public("matching.learning.history", "History")
    assert not is_public("matching.index.blocks", "Segment")
    assert not is_public("matching.index", "blocks")
