"""The locks say what the lists of direct requirements say, and nothing is installed without a hash."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    """Version by normalised name of every `name==version` line."""
    found = PIN.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-bench"])
def test_every_direct_requirement_is_locked_at_its_version(name):
    direct, locked = pins(ROOT / f"{name}.in"), pins(ROOT / f"{name}.txt")

    assert direct
    assert {package: locked.get(package) for package in direct} == direct, "run `make lock`"


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-bench"])
def test_every_locked_package_has_a_hash(name):
    text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(blocks) > 20
    assert not [block.split()[0] for block in blocks if "--hash=sha256:" not in block], "run `make lock`"


def test_the_development_lock_agrees_with_what_runs():
    runs, development = pins(ROOT / "requirements.txt"), pins(ROOT / "requirements-dev.txt")

    assert {package: development.get(package) for package in runs} == runs, "run `make lock`"
