"""Inside the platform every approved member sees the grade and the score, in whole points, of every other."""

import csv
import io

import pytest

FIRST_DAY, LAST_DAY = "2026-12-01", "2027-05-31"


@pytest.fixture
def rival(marketplace):
    """A recycler of 80.5 points, 80 to others."""
    party = marketplace.recycler()
    marketplace.credit_event(party, "fulfilment.completed")
    assert party.standing()["score"] == 80.5
    return party


def described(rival):
    return {"id": rival.id, "name": f"企业 {rival.number[-6:]}", "grade": "B", "score": 80}


def test_every_description_of_an_enterprise_has_its_grade_and_whole_points(marketplace, rival):
    generator = marketplace.enterprise("generator")
    generator.save_search({"kind": "demand"})
    demand, supply = marketplace.demand(rival), marketplace.supply(generator)
    high = marketplace.demand(rival, min_lot_t=9000, quantity_t=9000)
    rival.feedback(demand, supply, "interested")
    marketplace.settle()
    marketplace.wait(minutes=31)

    path = f"/listings/{supply['id']}/matches"
    shown = [
        generator.get(f"/listings/{demand['id']}").json["enterprise"],
        generator.get("/listings", kind="demand").json["items"][0]["enterprise"],
        generator.get(path).json["items"][0]["listing"]["enterprise"],
        generator.get(path, group="enterprise").json["items"][0]["listing"]["enterprise"],
        generator.get("/matches").json["items"][0]["listing"]["enterprise"],
        generator.pairing(supply, demand)["listing"]["enterprise"],
        generator.pairing(supply, high)["listing"]["enterprise"],
        generator.get("/interests").json["items"][0]["counterpart"]["enterprise"],
        *(
            message["enterprise"]
            for kind in ("match.interest", "search.found")
            for message in generator.inbox(kind)
        ),
    ]
    assert len(shown) >= 10
    assert all(enterprise == described(rival) for enterprise in shown), shown
    public = generator.get(f"/enterprises/{rival.id}").json
    assert (public["grade"], public["score"]) == ("B", 80)
    assert generator.get(f"/enterprises/{rival.id}/credit").json == {"grade": "B", "score": 80}
    (part,) = [part for part in generator.pairing(supply, demand)["components"] if part["name"] == "credit"]
    assert (part["raw"], part["value"]) == (80, 0.805)
    assert not {"axes", "blocked", "valid_until", "provisional"} & set(public)


@pytest.mark.parametrize("path", ["/listings/export", "/matches/export"])
def test_files_have_them_too(marketplace, rival, path):
    generator = marketplace.enterprise("generator")
    marketplace.demand(rival), marketplace.supply(generator)
    rows = list(csv.DictReader(io.StringIO(generator.get(path).get_data(as_text=True).lstrip("\ufeff"))))
    found = [row for row in rows if described(rival)["name"] in row.values()]
    assert found
    for row in found:
        named = {heading.lower(): value for heading, value in row.items()}
        assert (named["credit grade"], named["credit score"]) == ("B", "80")


def test_who_is_not_approved_sees_no_score(marketplace, rival):
    pending = marketplace.enterprise("generator", approved=False)
    suspended = marketplace.enterprise("generator")
    assert marketplace.admin.post(f"/enterprises/{suspended.id}/suspend", {"reason": "x"}).status_code == 200
    for party in (pending, suspended):
        assert "score" not in party.get(f"/enterprises/{rival.id}").json
        assert party.get(f"/enterprises/{rival.id}/credit").json == {"grade": "B"}
        assert party.get("/listings").json["items"] == []


@pytest.mark.parametrize(
    ("rule", "times", "exact", "seen"),
    [("fulfilment.completed", 3, 81.5, 81), ("manifest.late_close", 3, 74, 74)],
)
def test_points_are_rounded_down_so_that_they_fit_the_grade(marketplace, rule, times, exact, seen):
    party, other = marketplace.recycler(), marketplace.enterprise("generator")
    for _ in range(times):
        marketplace.credit_event(party, rule)
    assert party.standing()["score"] == exact
    assert other.get(f"/enterprises/{party.id}").json["score"] == seen
    for whole in (party, marketplace.admin, marketplace.regulator("330602")):
        assert whole.get(f"/enterprises/{party.id}").json["score"] == exact
