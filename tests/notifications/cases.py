"""Cases of the routes of notifications and saved searches."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.listings.cases import ListingSamples

READ = ("POST", "/notifications/<uuid:notification_id>/read")
READ_ALL = ("POST", "/notifications/read-all")


class NotificationSamples(ListingSamples):
    @cached_property
    def message(self):
        """A match in the owner's inbox."""
        assert self.supply
        self.marketplace.demand(self.marketplace.recycler())
        self.marketplace.settle()
        self.marketplace.wait(hours=1)
        return self.owner.get("/notifications").json["items"][0]

    @cached_property
    def saved_search(self):
        return self.owner.save_search({"code": "HW17"})


def neighbours(samples):
    message = f"/notifications/{samples.message['id']}"
    search = f"/saved-searches/{samples.saved_search['id']}"
    return {
        READ: (f"{message}/read", HIDDEN, FORBIDDEN),
        ("POST", "/notifications/<uuid:notification_id>/not-for-me"): (
            f"{message}/not-for-me", HIDDEN, FORBIDDEN),
        ("DELETE", "/notifications/<uuid:notification_id>/not-for-me"): (
            f"{message}/not-for-me", HIDDEN, FORBIDDEN),
        ("GET", "/saved-searches/<uuid:search_id>"): (search, HIDDEN, FORBIDDEN),
        ("PATCH", "/saved-searches/<uuid:search_id>"): (search, HIDDEN, FORBIDDEN),
        ("DELETE", "/saved-searches/<uuid:search_id>"): (search, HIDDEN, FORBIDDEN),
    }  # fmt: skip


def writes(samples):
    owner, message = samples.owner, f"/notifications/{samples.message['id']}"
    second_search = owner.save_search({})["id"]
    return {
        ("PUT", "/notification-preferences"): (owner, "/notification-preferences", {"email": "digest"}),
        READ: (owner, f"{message}/read", {}),
        READ_ALL: (owner, "/notifications/read-all", {}),
        ("POST", "/notifications/<uuid:notification_id>/not-for-me"): (
            owner, f"{message}/not-for-me", {"of": "code"}),
        ("DELETE", "/notifications/<uuid:notification_id>/not-for-me"): (
            owner, f"{message}/not-for-me", None),
        ("POST", "/saved-searches"): (owner, "/saved-searches", {"name": "酸", "query": {"code": "HW34"}}),
        ("PATCH", "/saved-searches/<uuid:search_id>"): (
            owner, f"/saved-searches/{samples.saved_search['id']}", {"notify": "daily"}),
        ("DELETE", "/saved-searches/<uuid:search_id>"): (owner, f"/saved-searches/{second_search}", None),
    }  # fmt: skip


CASES = Cases(
    samples=NotificationSamples,
    neighbours=neighbours,
    writes=writes,
    grow=lambda samples: samples.owner.save_search({"code": "HW34"}),
    unaudited=frozenset({READ, READ_ALL}),
    without_fields=frozenset({READ, READ_ALL}),
    statements={
        "/notifications": 3,
        "/notification-preferences": 3,
        "/saved-searches": 2,
        "/saved-searches/<uuid:search_id>": 2,
    },
)
