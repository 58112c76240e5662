"""The main job, through HTTP: a listing goes in, lawful receivers come out ranked, the news goes out."""


def test_a_supply_finds_the_licensed_receiver_and_the_receiver_is_told(city):
    generator = city.enterprise("generator")
    recycler = city.enterprise("recycler", grade="A")
    city.licence(recycler)
    demand = city.demand(recycler)
    supply = city.supply(generator)

    assert city.matches(generator, supply) == [demand["id"]]
    city.settle()
    (message,) = recycler.inbox()
    assert message["data"]["listing_id"] == demand["id"]
    assert message["data"]["counterpart_id"] == supply["id"]


def test_without_a_licence_there_is_no_match_and_the_answer_says_why(city):
    generator, recycler = city.enterprise("generator"), city.enterprise("recycler")
    demand, supply = city.demand(recycler), city.supply(generator)

    assert city.matches(generator, supply) == []
    assert city.why_not(generator, supply, demand) == {"licence": "no_permit"}


def test_the_inbox_opens_in_the_order_of_credit(city):
    generator = city.enterprise("generator")
    receivers = {grade: city.enterprise("recycler", grade=grade) for grade in "ABCD"}
    for recycler in receivers.values():
        city.licence(recycler)
        city.demand(recycler)
    city.supply(generator)

    told = []
    for wait in ({"seconds": 0}, {"minutes": 30}, {"minutes": 90}, {"hours": 6}):
        city.wait(**wait)
        told.append("".join(grade for grade, one in receivers.items() if one.inbox()))
    assert told == ["A", "AB", "ABC", "ABCD"]
