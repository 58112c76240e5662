"""A listing that no one can lawfully serve leaves a finding with the gate that stopped most."""


def findings(party, **query):
    return party.get("/findings", **query).json["items"]


def test_a_listing_without_a_lawful_counterpart_leaves_a_finding(marketplace):
    generator = marketplace.enterprise("generator")
    for _ in range(2):
        marketplace.demand(marketplace.enterprise("recycler"))
    marketplace.demand(marketplace.recycler(), price_cny_per_t=-500)
    supply = marketplace.supply(generator, price_cny_per_t=0)
    marketplace.settle()
    (finding,) = findings(generator)
    assert finding["listing_id"] == supply["id"]
    assert finding["gate"] == "licence"
    assert finding["stopped"] == {"licence": 2, "price": 1}
    assert "licen" in finding["detail"].lower()


def test_a_listing_that_nobody_answers_at_all_says_so(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    marketplace.settle()
    (finding,) = findings(generator)
    assert (finding["listing_id"], finding["gate"], finding["candidates"]) == (supply["id"], "code", 0)


def test_the_finding_goes_when_a_change_makes_a_match(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    marketplace.demand(recycler, price_cny_per_t=-200)
    supply = marketplace.supply(generator, price_cny_per_t=0)
    marketplace.settle()
    assert [finding["gate"] for finding in findings(generator)] == ["price"]
    marketplace.change(generator, supply, price_cny_per_t=-200)
    marketplace.settle()
    assert findings(generator) == []


def test_a_closed_listing_has_no_finding(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.withdraw(generator, supply)
    assert findings(generator) == []


def test_findings_are_for_the_owner_its_regulator_and_admins(marketplace):
    generator = marketplace.enterprise("generator")
    marketplace.supply(generator)
    marketplace.settle()
    assert findings(marketplace.enterprise("generator")) == []
    assert findings(marketplace.regulator("110000")) == []
    for seer in (generator, marketplace.admin, marketplace.regulator("330600")):
        assert len(findings(seer)) == 1
    assert findings(generator, gate="licence") == []
    assert len(findings(generator, gate="code")) == 1


def test_findings_page_newest_listing_first(marketplace):
    generator = marketplace.enterprise("generator")
    ids = [marketplace.supply(generator)["id"] for _ in range(3)]
    marketplace.settle()
    first = generator.get("/findings", limit=2).json
    second = generator.get("/findings", limit=2, cursor=first["next"]).json
    assert [finding["listing_id"] for finding in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None
