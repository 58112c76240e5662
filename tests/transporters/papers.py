"""Papers that tests enter, and a carrier that has all it needs."""

VALIDITY = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
PERMIT = {"number": "浙交运管许可1号", "scope": "危险货物运输（8类、9类）", **VALIDITY}
VEHICLE = {"plate": "浙D12345", "kind": "罐车", "payload_t": 20, "valid_until": "2027-12-31"}
CARD = {"number": "330602198001010017", "valid_until": "2027-12-31"}
CREW = {"name": "张三", "cards": [{"kind": "driver", **CARD}]}
ESCORT = {"name": "王五", "cards": [{"kind": "escort", **CARD, "number": "330602198202020028"}]}
INSURANCE = {"number": "PICC-1", "insurer": "人保财险", **VALIDITY}


def submit(carrier, path, body):
    """Enter a paper; returns the API's response."""
    response = carrier.post(f"/transporters/{carrier.id}/{path}", body)
    assert response.status_code == 201, response.json
    return response.json


def verify(official, paper):
    """Have a paper verified; returns the API's response."""
    response = official.post(f"/transporter-papers/{paper['id']}/verify", {})
    assert response.status_code == 200, response.json
    return response.json


def equip(marketplace, carrier, **about):
    """Give a carrier all that hazardous waste needs, verified; parts as the route's path names them."""
    papers = {"permits": [PERMIT], "vehicles": [VEHICLE], "crew": [CREW, ESCORT], **about}
    for path, bodies in papers.items():
        for body in bodies:
            verify(marketplace.admin, submit(carrier, path, body))
