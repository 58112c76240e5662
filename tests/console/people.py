"""A browser without a screen: it keeps cookies and says where its forms come from."""

from tests.console.reader import read
from tests.persons.people import PASSWORD, code_at, invite, join

ORIGIN = {"Origin": "http://localhost"}


class Browser:
    """One person's browser.

    Attributes:
        is_page: whether the last response is a page; `status` and `location` are those of it.
        secret: of the second factor that was set with it, None of who has none.
    """

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.client = marketplace.app.test_client()
        self.is_page, self._page = False, None
        self.location = self.secret = None
        self.status = 0

    @property
    def page(self):
        """The last page, read; None of a response that is none."""
        if self.is_page and self._page is None:
            self._page = read(self.response)
        return self._page

    def get(self, path, **headers):
        return self._keep(self.client.get(path, headers={"Accept": "text/html", **headers}))

    def post(self, path, origin=ORIGIN, **fields):
        headers = {"Accept": "text/html", **origin}
        return self._keep(self.client.post(path, data=fields, headers=headers))

    def _keep(self, response):
        self.status, self.location = response.status_code, response.headers.get("Location")
        self.response, self._page = response, None
        self.is_page = response.mimetype == "text/html" and not self.location
        return self

    def log_in(self, login, password=PASSWORD, **fields):
        with self.marketplace.at_its_time():
            return self.post("/login", login=login, password=password, **fields)


def browser_of(party, phone, right="owner"):
    """A new member of an enterprise, logged in."""
    marketplace = party.marketplace
    assert join(marketplace, invite(party, right)["code"], phone=phone).status_code == 201
    browser = Browser(marketplace)
    assert browser.log_in(phone).status == 303
    return browser


def browser_of_staff(marketplace, phone="13900139000"):
    """An admin with a second factor, logged in."""
    staff_id = marketplace.admin.get("/api-keys", holder="staff").json["items"][0]["holder"]["id"]
    return staff_browser(marketplace, staff_id, phone)


def staff_browser(marketplace, staff_id, phone):
    """A member of the staff with a second factor, logged in."""
    code = marketplace.admin.post("/invitations", {"staff_id": staff_id}).json["code"]
    assert join(marketplace, code, phone=phone).status_code == 201
    browser = Browser(marketplace)
    browser.log_in(phone)
    with marketplace.at_its_time():
        assert browser.get("/today").location.endswith("/login/enrol")
        secret = browser.get("/login/enrol").response.get_data(as_text=True).split("<code>")[1].split("<")[0]
        assert browser.post("/login/enrol", code=code_at(secret, marketplace.now)).status == 200
    browser.secret = secret
    return browser


def id_of(officer):
    """The id of a member of the staff by its key."""
    return officer.get("/api-keys").json["items"][0]["holder"]["id"]
