"""The recipe of docs/ledger.md, word for word, in the hands of somebody who has no key."""

import subprocess
import sys

import pytest

from marketplace.ledger import service
from tests.docs.reader import blocks
from tests.ledger.world import make_world, set_up

RECIPE = next(block.text for block in blocks("docs/ledger.md") if block.kind == "python")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ledger") / "anchors"


@pytest.fixture
def given(kept, folder, app, tmp_path):
    """What the stranger was given: the script, the public key, a chain, and the anchors."""
    with kept(make_world, folder) as world, set_up(app, folder):
        (tmp_path / "check.py").write_text(RECIPE)
        done = app.test_cli_runner().invoke(args=["credit", "chain", world.firms[0].id])
        (tmp_path / "chain.jsonl").write_text(done.output)
        for path in folder.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        (key,) = service.public_keys()
        yield tmp_path, key


def checked(folder, key):
    anchors = sorted(map(str, folder.glob("*.json")))
    command = [sys.executable, "check.py", key, "chain.jsonl", *anchors]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_it_has_at_most_forty_lines_and_says_that_all_adds_up(given):
    assert len(RECIPE.splitlines()) <= 40
    done = checked(*given)
    assert (done.returncode, done.stdout) == (0, "4 entries and 2 anchors add up\n"), done.stderr


HARMS = {
    "a row changed": ("chain.jsonl", "-6000", "-1000", "entry 2 is not the one"),
    "a row renumbered": ("chain.jsonl", '"credit_event"', '"credit_block"', "entry 1 is not the one"),
    "an anchor changed": ("000001-2026-12-01.json", "2026-12-01", "2026-11-01", "InvalidSignature"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_it_finds_what_was_changed(given, harm):
    folder, key = given
    name, old, new, said = HARMS[harm]
    change(folder / name, old, new)
    done = checked(folder, key)
    assert done.returncode == 1
    assert said in done.stderr


def test_it_finds_a_chain_that_was_cut(given):
    folder, key = given
    chain = folder / "chain.jsonl"
    chain.write_text("".join(chain.read_text().splitlines(keepends=True)[:-1]))
    assert "entry 4 was anchored and is missing" in checked(folder, key).stderr


def test_it_finds_an_anchor_that_is_missing_between_two(given):
    folder, key = given
    first, second = sorted(folder.glob("*.json"))
    first.write_bytes(second.read_bytes())
    assert "does not follow" in checked(folder, key).stderr
