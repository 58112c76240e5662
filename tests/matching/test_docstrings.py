"""Every public name of `matching/` says what it is, the shapes of its arrays, and the errors it raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARRAYS = re.compile(r"\b(Floats|Ints|AnyInts|Bools|NDArray|Matrix|Records|Hashes|Keys|Warnings)\b")
SHAPE = re.compile(r"\(\w+,\)|\(\w+(, \w+)+\)|\(\.\.\., \w+\)|\bshape|broadcast")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_names() -> Iterator[tuple[str, ast.ClassDef | Function, str]]:
    """Name, definition and the docstring of its class (or "") of all that is public in `matching/`."""
    for path in sorted((ROOT / "matching").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
                continue
            yield f"{module}.{node.name}", node, ""
            if isinstance(node, ast.ClassDef):
                about = ast.get_docstring(node) or ""
                for member in node.body:
                    if isinstance(member, Function) and not member.name.startswith("_"):
                        yield f"{module}.{node.name}.{member.name}", member, about


def test_every_public_name_has_a_docstring():
    silent = [name for name, node, _ in public_names() if not ast.get_docstring(node)]
    assert not silent, f"without a docstring: {', '.join(silent)}"


def test_functions_of_arrays_say_their_shapes():
    silent = [
        name
        for name, node, about in public_names()
        if isinstance(node, Function) and takes_arrays(node)
        and not SHAPE.search((ast.get_docstring(node) or "") + about)
    ]  # fmt: skip
    assert not silent, f"say the shapes of the arrays, as in `(n,)`: {', '.join(silent)}"


def test_functions_that_raise_say_so():
    silent = [
        name
        for name, node, _ in public_names()
        if isinstance(node, Function) and raises(node) and "Raises:" not in (ast.get_docstring(node) or "")
    ]
    assert not silent, f"add `Raises:` with the errors and when: {', '.join(silent)}"


def takes_arrays(function: Function) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return any(
        ARRAYS.search(ast.unparse(argument.annotation)) for argument in arguments if argument.annotation
    )


def raises(function: Function) -> bool:
    """Whether the body raises an error of its own; raising again what was caught is not one."""
    return any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))


def test_the_checks_find_what_is_missing():
    """A function as it should not be is found by each of them."""
    (function,) = ast.parse("def half(km: Floats) -> Floats:\n    raise ValueError(km)").body
    assert isinstance(function, Function)
    assert takes_arrays(function)
    assert raises(function)
    assert not ast.get_docstring(function)
    assert SHAPE.search("shape (n,)")
    assert SHAPE.search("(n, 6)")
    assert not SHAPE.search("half of it (at most)")
