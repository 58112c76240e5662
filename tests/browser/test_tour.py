"""The pictures of the README: the demo city as its persons see it; taken by `make test-pages`."""

import pytest

from bench.page_views import logged_in
from marketplace import supervisor
from marketplace.settings import DEMO_LOGINS
from tests.browser.people import LOCALES
from tests.browser.pictures import ALL, DOCS, TOUR, as_webp, keep
from tests.browser.tab import Tab

pytestmark = [
    pytest.mark.own_servers,
    pytest.mark.skipif(not ALL, reason="pictures are taken by make test-pages"),
]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Where the demo city is served, and the cookie of each of its persons."""
    data = tmp_path_factory.mktemp("city")
    with supervisor.stack(data, demo=True, quiet=True) as stack:
        yield f"http://127.0.0.1:{stack.port}", logged_in(stack.port, data / DEMO_LOGINS)


@pytest.mark.parametrize("name", TOUR)
def test_a_picture_of_the_tour_is_taken_and_small(browser, city, name):
    who, (width, height), path, *links = TOUR[name]
    origin, cookies = city
    context = browser.new_context(viewport={"width": width, "height": height}, locale=LOCALES["en"])
    if who:
        cookie, _, token = cookies[who].partition("=")
        context.add_cookies([{"name": cookie, "value": token, "url": origin}])
    tab = Tab(context, origin)
    tab.open(f"{path}{'&' if '?' in path else '?'}lang=en")
    for link in links:
        tab.page.click(link)
    keep(DOCS / f"{name}.webp", as_webp(browser, tab.page.screenshot()))
    context.close()
    assert tab.faults == []
