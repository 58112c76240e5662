"""Cases of the routes of receivers and of requests for contact."""

from functools import cached_property
from urllib.parse import urlencode

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.licences.cases import PermitSamples
from tests.marketplace import ACID

QUERY = {**ACID, "tonnes": 20, "lon": 120.58, "lat": 30.03}
ONE = "/receiver-requests/<uuid:request_id>"
ASK = "/receivers/<uuid:enterprise_id>/requests"
WANTED = {**ACID, "tonnes": 20.5, "note": "每周一车，槽罐。"}


class ReceiverSamples(PermitSamples):
    @cached_property
    def contact_request(self):
        assert self.partners_licence
        return self.ask_for_contact(self.owner)

    def ask_for_contact(self, asker, **about):
        response = asker.post(f"/receivers/{self.partner.id}/requests", {**WANTED, **about})
        assert response.status_code == 201, response.json
        return response.json

    def new_contact_request(self):
        assert self.partners_licence
        return f"/receiver-requests/{self.ask_for_contact(self.marketplace.enterprise('generator'))['id']}"


def neighbours(samples):
    path = f"/receiver-requests/{samples.contact_request['id']}"
    return {
        ("GET", ONE): (path, HIDDEN, HIDDEN),
        ("POST", f"{ONE}/accept"): (f"{path}/accept", HIDDEN, FORBIDDEN),
        ("POST", f"{ONE}/decline"): (f"{path}/decline", HIDDEN, FORBIDDEN),
        ("POST", f"{ONE}/withdraw"): (f"{path}/withdraw", HIDDEN, FORBIDDEN),
        ("POST", ASK): (f"/receivers/{samples.partner.id}/requests", 422, FORBIDDEN),
    }


def writes(samples):
    partner, ask = samples.partner, f"/receivers/{samples.partner.id}/requests"
    why = {"reason": "本月已排满"}
    return {
        ("POST", ASK): (samples.marketplace.enterprise("generator"), ask, WANTED),
        ("POST", f"{ONE}/accept"): (partner, f"{samples.new_contact_request()}/accept", {}),
        ("POST", f"{ONE}/decline"): (partner, f"{samples.new_contact_request()}/decline", why),
        ("POST", f"{ONE}/withdraw"): (
            samples.owner, f"/receiver-requests/{samples.contact_request['id']}/withdraw", {}),
    }  # fmt: skip


def grow(samples):
    samples.marketplace.licence(samples.marketplace.enterprise("recycler"))
    samples.marketplace.recycler()
    samples.new_contact_request()
    samples.new_contact_request()


CASES = Cases(
    samples=ReceiverSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={"/receivers": 5, "/receiver-requests": 3, ONE: 3},
    paths=lambda samples: {"/receivers": f"/receivers?{urlencode(QUERY)}"},
)
