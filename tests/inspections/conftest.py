"""What the tests of inspections share."""

import pytest

from tests.inspections.site import Site


@pytest.fixture
def site(marketplace):
    return Site(marketplace)
