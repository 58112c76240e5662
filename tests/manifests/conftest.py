"""What the tests of manifests share."""

import pytest

from tests.manifests.trade import Trade


@pytest.fixture
def trade(marketplace):
    return Trade(marketplace)
