"""What the tests of haulage share."""

import pytest

from tests.manifests.trade import Trade


@pytest.fixture
def trade(marketplace):
    return Trade(marketplace)
