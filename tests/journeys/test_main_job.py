"""The main job over HTTP: a listing goes in, lawful receivers come out ranked, both sides are notified."""


def test_a_supply_finds_the_licensed_receiver_who_is_notified(marketplace):
    generator = marketplace.enterprise("generator")
    recycler = marketplace.enterprise("recycler", grade="A")
    marketplace.licence(recycler)
    demand = marketplace.demand(recycler)
    supply = marketplace.supply(generator)

    assert marketplace.matches(generator, supply) == [demand["id"]]
    marketplace.settle()
    (message,) = recycler.inbox()
    assert message["data"]["listing_id"] == demand["id"]
    assert message["data"]["counterpart_id"] == supply["id"]


def test_without_a_licence_there_is_no_match_and_the_response_says_why(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)

    assert marketplace.matches(generator, supply) == []
    assert marketplace.why_not(generator, supply, demand) == {"licence": "no_permit"}


def test_receivers_are_notified_best_credit_first(marketplace):
    generator = marketplace.enterprise("generator")
    receivers = {grade: marketplace.enterprise("recycler", grade=grade) for grade in "ABCD"}
    for recycler in receivers.values():
        marketplace.licence(recycler)
        marketplace.demand(recycler)
    marketplace.supply(generator)

    notified = []
    for wait in ({"seconds": 0}, {"minutes": 30}, {"minutes": 90}, {"hours": 6}):
        marketplace.wait(**wait)
        notified.append("".join(grade for grade, receiver in receivers.items() if receiver.inbox()))
    assert notified == ["A", "AB", "ABC", "ABCD"]
