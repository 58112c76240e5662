import pytest

from tests.desk.world import Desk


@pytest.fixture
def desk(marketplace):
    return Desk(marketplace)


def make_full(marketplace):
    """A desk with an item of each kind, and what was made: {kind: id}."""
    desk = Desk(marketplace)
    desk.made = desk.make_all()
    return desk


@pytest.fixture
def full_desk(kept):
    """A desk with an item of each kind, for tests that decide nothing; `made` is {kind: id}."""
    with kept(make_full) as desk:
        yield desk
