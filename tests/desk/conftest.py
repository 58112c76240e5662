import pytest

from tests.desk.world import Desk


@pytest.fixture
def desk(marketplace):
    return Desk(marketplace)
