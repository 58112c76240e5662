"""Every door by which a file comes in judges it by its content, in the one place that does."""

import pytest

from tests.cases import BY_ROOM
from tests.http.responses import refused
from tests.uploaded_files import made

DOORS = [
    ("transfers", "/transfer-applications/<uuid:application_id>/papers"),
    ("transporters", "/transporter-papers/<uuid:paper_id>/files"),
    ("licences", "/licences/<uuid:permit_id>/files"),
    ("licences", "/channels/<uuid:permit_id>/tests/<uuid:test_id>/files"),
    ("licences", "/channels/<uuid:permit_id>/files"),
]
"""Beside those of credit events and inspections, whose own tests say the same."""


@pytest.mark.parametrize(("room", "route"), DOORS, ids=[route for _, route in DOORS])
def test_a_scan_that_could_start_something_is_refused_and_a_picture_keeps_no_place(marketplace, room, route):
    cases = BY_ROOM[room]
    party, path, _ = cases.writes(cases.samples(marketplace))["POST", route]
    active = made.written(made.with_script)
    refused(party.call("POST", path, data=active, content_type="application/pdf"), 422, "file_active", "file")
    picture = made.jpeg(made.segment(0xFE, b"Shaoxing, Yuecheng"))
    sent = party.call("POST", path, data=picture, content_type="image/jpeg")
    assert sent.status_code == 201, sent.json
    assert sent.json["size"] == len(made.JPEG) < len(picture)
