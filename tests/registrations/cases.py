"""Cases of the routes of registrations of receivers of general waste."""

from functools import cached_property
from itertools import count

from tests.cases import FORBIDDEN, HIDDEN, Cases, Samples
from tests.registrations.entries import terms

ONE = "/receiver-registrations/<uuid:registration_id>"


_numbers = count(10)


class RegistrationSamples(Samples):
    @cached_property
    def registration(self):
        return self.create("/receiver-registrations", terms("备1", enterprise_id=self.owner.id))

    def hand_in_registration(self, number):
        sent = self.owner.post("/receiver-registrations", terms(number))
        assert sent.status_code == 201, sent.json
        return f"/receiver-registrations/{sent.json['id']}"


def neighbours(samples):
    path = f"/receiver-registrations/{samples.registration['id']}"
    return {
        ("GET", ONE): (path, HIDDEN, HIDDEN),
        ("DELETE", ONE): (path, FORBIDDEN, FORBIDDEN),
        ("POST", f"{ONE}/confirm"): (f"{path}/confirm", FORBIDDEN, FORBIDDEN),
        ("POST", f"{ONE}/refuse"): (f"{path}/refuse", FORBIDDEN, FORBIDDEN),
    }


def writes(samples):
    admin = samples.admin
    path = f"/receiver-registrations/{samples.registration['id']}"
    return {
        ("POST", "/receiver-registrations"): (samples.owner, "/receiver-registrations", terms("备2")),
        ("DELETE", ONE): (admin, path, None),
        ("POST", f"{ONE}/confirm"): (admin, f"{samples.hand_in_registration('备3')}/confirm", None),
        ("POST", f"{ONE}/refuse"): (
            admin,
            f"{samples.hand_in_registration('备4')}/refuse",
            {"reason": "请补图"},
        ),
    }


def grow(samples):
    for _ in range(2):
        about = {"enterprise_id": samples.owner.id}
        samples.create("/receiver-registrations", terms(f"备{next(_numbers)}", **about))


CASES = Cases(
    samples=RegistrationSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={"/receiver-registrations": 4, ONE: 4},
    example_fields={("POST", "/receiver-registrations"): {"number": "绍环固备〔2026〕12号"}},
)
