"""The servers start when a selected test needs them, and only then.

That they start then, also for workers of xdist, every other test shows.
"""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

STARTED = "servers started in"


def output_of_pytest(*args):
    """What `pytest` prints in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HUANLIU_"))}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_pure_tests_start_no_servers():
    assert STARTED not in output_of_pytest("-n", "1", "tests/test_lookalikes.py")


@pytest.mark.slow
def test_without_servers_only_pure_tests_are_left():
    mixed = ("tests/test_lookalikes.py", "tests/test_numpy_columns.py")
    output = output_of_pytest("-n", "0", "-v", "--no-servers", *mixed)
    assert STARTED not in output
    assert "deselected" in output
