"""The QR codes of pages and papers, read by a decoder that is not ours: each leads to the right place."""

import re
from urllib.parse import parse_qs, urlsplit

from tests.console.people import Browser
from tests.console.trading import Trading
from tests.documents.decoded import codes_in, codes_in_svg
from tests.manifests.trade import ok
from tests.persons.people import code_at, join

CODE = re.compile(r'<div class="qr[^"]*">(<svg.*?</svg>)', re.DOTALL)


def test_what_a_paper_or_a_page_of_the_trade_shows_is_verified_by_its_code(marketplace):
    with marketplace.at_its_time():
        town = Trading(marketplace)
        trade = town.trade
        load = trade.issued(planned_on="2026-12-01")
        page = town.driver.get(f"/loads/{load['id']}/qr").response.get_data(as_text=True)
        (shown,) = CODE.findall(page)
        papers = {
            "manifest": (trade.carrier, f"/manifests/{load['id']}/manifest.pdf", load["number"]),
            "contract": (trade.receiver, f"/deals/{trade.deal['id']}/contract.pdf", trade.deal["number"]),
            "settlement": (trade.receiver, f"/deals/{trade.deal['id']}/settlement.pdf", trade.deal["number"]),
        }
        public = marketplace.app.config["SETTINGS"].public_url.rstrip("/")
        for kind, (party, path, number) in papers.items():
            (address,) = codes_in(party.get(path).data)
            assert address.startswith(f"{public}/verify/"), kind
            known = ok(marketplace.client.get(urlsplit(address).path))
            assert (known["kind"], known["number"]) == (kind, number)
            verified = Browser(marketplace).get(urlsplit(address).path)
            assert number in verified.page.text
            if kind == "manifest":
                assert codes_in_svg(shown) == [address]
                hand = town.gate.get(f"/loads/find?number={address}")
                assert hand.location == f"/loads/{load['id']}"


def test_the_label_of_a_container_says_its_number_by_its_code(marketplace):
    with marketplace.at_its_time():
        trade = Trading(marketplace).trade
        load = trade.draft(containers=["D-0001", "D-0002"], packages=2, packing="drum")
        sheet = trade.supplier.get(f"/manifests/{load['id']}/label.svg").get_data(as_text=True)
        said = codes_in_svg(sheet)
        assert len(said) == 2
        assert all(number in sheet for number in said)


def test_the_code_of_a_second_factor_is_taken_by_an_authenticator(marketplace):
    staff_id = marketplace.admin.get("/api-keys", holder="staff").json["items"][0]["holder"]["id"]
    code = marketplace.admin.post("/invitations", {"staff_id": staff_id}).json["code"]
    assert join(marketplace, code, phone="13900139000").status_code == 201
    browser = Browser(marketplace)
    browser.log_in("13900139000")
    with marketplace.at_its_time():
        (shown,) = CODE.findall(browser.get("/login/enrol").response.get_data(as_text=True))
        (uri,) = codes_in_svg(shown)
        assert uri.startswith("otpauth://totp/")
        (secret,) = parse_qs(urlsplit(uri).query)["secret"]
        assert browser.post("/login/enrol", code=code_at(secret, marketplace.now)).status == 200
