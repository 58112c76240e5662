"""Places on a map: each spot in one dot, all of them within the frame."""

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.console.places import HEIGHT, LARGEST, MOST_NUMBERED, WIDTH, Spot, place_map
from tests.effort import tries

SPOTS = st.lists(
    st.builds(
        Spot,
        st.integers(7300, 13500).map(lambda hundredths: hundredths / 100),
        st.integers(1800, 5400).map(lambda hundredths: hundredths / 100),
        st.text(max_size=3),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=tries(100))
@given(SPOTS)
def test_every_spot_is_in_the_one_dot_of_its_place_within_the_frame(spots):
    drawn = place_map(spots)
    assert [dot.number for dot in drawn.dots] == list(range(1, len(drawn.dots) + 1))
    assert sorted(map(id, spots)) == sorted(id(spot) for dot in drawn.dots for spot in dot.spots)
    assert len({(spot.lon, spot.lat) for spot in spots}) == len(drawn.dots)
    for dot in drawn.dots:
        assert len({(spot.lon, spot.lat) for spot in dot.spots}) == 1
        assert dot.x - dot.radius >= 0
        assert dot.x + dot.radius <= WIDTH
        assert dot.y - dot.radius >= 0
        assert dot.y + dot.radius <= HEIGHT


def test_a_dot_grows_with_what_is_there_but_not_for_ever():
    radii = [place_map([Spot(120.0, 30.0, "")] * count).dots[0].radius for count in (1, 2, 5, 500)]
    assert radii == sorted(set(radii))
    assert radii[-1] == LARGEST


def test_numbers_stand_beside_as_many_dots_as_leave_room_for_them():
    spots = [Spot(120 + number / 100, 30.0, "") for number in range(MOST_NUMBERED + 1)]
    assert place_map(spots[:-1]).numbered
    assert not place_map(spots).numbered


def test_no_spot_makes_no_map():
    assert place_map([]) is None
