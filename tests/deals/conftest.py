import pytest

from tests.deals.trade import Trade


@pytest.fixture
def trade(marketplace):
    return Trade(marketplace)
