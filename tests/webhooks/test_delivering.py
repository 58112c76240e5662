"""Deliveries to a real server on loopback: signed, tried again, given up; and to no address inside."""

import json
import socket
import ssl
import threading
from base64 import b64decode
from contextlib import suppress
from datetime import datetime, timedelta

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook, WebhookVerificationError, webhooks

from marketplace import outgoing
from marketplace.database import db
from marketplace.events.models import Audit
from marketplace.webhooks.models import AttemptOutcome, WebhookDelivery, WebhookEndpoint
from marketplace.webhooks.service import delivering, replaying, sending
from tests.webhooks.receiver import receiving


@pytest.fixture
def receiver(configure):
    configure(webhooks_to_loopback=True)
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def owner(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.settle()
    return owner


def register(owner, receiver, **about):
    response = owner.post("/webhook-endpoints", {"url": receiver.url, "kinds": ["listing"], **about})
    assert response.status_code == 201, response.json
    return response.json


def log_of(owner, endpoint):
    return owner.get(f"/webhook-endpoints/{endpoint['id']}/deliveries").json["items"]


def verify(marketplace, monkeypatch, secret, arrived):
    """Let the library verify a message, at the marketplace's time."""

    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return marketplace.now.astimezone(tz)

    monkeypatch.setattr(webhooks, "datetime", Then)
    headers, body = arrived
    return Webhook(secret).verify(body, headers)


def test_an_event_arrives_signed_and_says_what_the_feed_says(marketplace, owner, receiver, monkeypatch):
    endpoint = register(owner, receiver)
    supply = marketplace.supply(owner)
    marketplace.settle()
    (arrived,) = receiver.arrived
    body = verify(marketplace, monkeypatch, endpoint["secret"], arrived)
    (event,) = owner.get("/events?kinds=listing").json["items"]
    assert body == {
        "type": "listing.published", "timestamp": event["at"], "id": event["id"],
        "subject": {"kind": "listing", "id": supply["id"]}, "data": event["data"],
    }  # fmt: skip
    assert receiver.ids == [f"evt_{event['id']}"]
    (delivery,) = log_of(owner, endpoint)
    assert (delivery["status"], delivery["body"]) == ("delivered", body)
    assert [(each["outcome"], each["http_status"]) for each in delivery["attempts"]] == [("taken", 204)]
    with pytest.raises(WebhookVerificationError):
        verify(
            marketplace, monkeypatch, endpoint["secret"], (arrived[0], arrived[1].replace("listing", "deal"))
        )


def test_the_secret_is_shown_once_and_kept_sealed(marketplace, owner, receiver):
    endpoint = register(owner, receiver)
    assert len(b64decode(endpoint["secret"].removeprefix("whsec_"))) == 32
    with marketplace.app.app_context():
        kept = db.session.query(WebhookEndpoint).one().secret
        said = json.dumps([row.detail for row in db.session.query(Audit)])
    assert endpoint["secret"] not in kept + said
    assert "secret" not in owner.get("/webhook-endpoints").json["items"][0]


def test_for_a_day_after_a_change_both_secrets_verify(marketplace, owner, receiver, monkeypatch):
    first = register(owner, receiver)
    second = owner.post(f"/webhook-endpoints/{first['id']}/rotate-secret", {}).json
    owner.post(f"/webhook-endpoints/{first['id']}/test", {})
    marketplace.settle()
    for secret in (first["secret"], second["secret"]):
        assert verify(marketplace, monkeypatch, secret, receiver.arrived[-1])["type"] == "webhook.test"
    marketplace.wait(hours=25)
    owner.post(f"/webhook-endpoints/{first['id']}/test", {})
    marketplace.settle()
    verify(marketplace, monkeypatch, second["secret"], receiver.arrived[-1])
    with pytest.raises(WebhookVerificationError):
        verify(marketplace, monkeypatch, first["secret"], receiver.arrived[-1])


def test_a_busy_server_is_tried_eight_times_with_the_same_id_and_longer_and_longer_waits(
    marketplace, owner, receiver
):
    busy = [sending.outcome_of(status) for status in (429, 500, 502, 503, 504, 599)]
    assert set(busy) == {AttemptOutcome.BUSY}
    endpoint = register(owner, receiver)
    receiver.status = 503
    marketplace.supply(owner)
    marketplace.settle()
    for wait in delivering.WAITS:
        before = len(receiver.arrived)
        marketplace.wait(seconds=wait.total_seconds() - 1)
        assert len(receiver.arrived) == before, "not before its time"
        marketplace.wait(seconds=wait.total_seconds() * delivering.JITTER + 2)
        assert len(receiver.arrived) == before + 1
    assert (len(receiver.ids), len(set(receiver.ids))) == (delivering.MOST_TRIES, 1)
    marketplace.wait(days=1)
    assert len(receiver.arrived) == delivering.MOST_TRIES
    (delivery,) = log_of(owner, endpoint)
    assert (delivery["status"], {each["outcome"] for each in delivery["attempts"]}) == ("failed", {"busy"})


def test_retry_after_is_obeyed_up_to_a_day(marketplace, owner, receiver):
    endpoint = register(owner, receiver)
    receiver.status, receiver.headers = 429, {"Retry-After": "3600"}
    marketplace.supply(owner)
    marketplace.settle()
    marketplace.wait(minutes=59)
    assert len(receiver.arrived) == 1
    receiver.status = 200
    marketplace.wait(minutes=2)
    assert [each["http_status"] for each in log_of(owner, endpoint)[0]["attempts"]] == [429, 200]
    with marketplace.app.app_context(), marketplace.at_its_time():
        assert sending._moment("9" * 20) == sending._moment("86400") == marketplace.now + timedelta(days=1)
        assert sending._moment("soon") is None


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "refused"), (404, "refused"), (302, "redirected"), (301, "redirected")]
)
def test_what_no_further_try_changes_is_not_tried_again_and_no_redirect_is_followed(
    marketplace, owner, receiver, status, outcome
):
    endpoint = register(owner, receiver)
    receiver.status, receiver.headers = status, {"Location": receiver.url}
    marketplace.supply(owner)
    marketplace.wait(days=1)
    assert len(receiver.arrived) == 1
    (delivery,) = log_of(owner, endpoint)
    assert (delivery["status"], delivery["attempts"][0]["outcome"]) == ("failed", outcome)


def test_410_switches_the_endpoint_off_and_its_owner_is_told_and_a_test_begins_again(
    marketplace, owner, receiver
):
    endpoint = register(owner, receiver)
    receiver.status = 410
    marketplace.supply(owner)
    marketplace.settle()
    shown = owner.get(f"/webhook-endpoints/{endpoint['id']}").json
    assert shown["stopped_for"] == "gone"
    assert [each["data"]["webhook_endpoint_id"] for each in owner.inbox("webhook.stopped")] == [
        endpoint["id"]
    ]
    marketplace.supply(owner)
    marketplace.wait(days=1)
    assert len(receiver.arrived) == 1
    (delivery,) = log_of(owner, endpoint)
    again = owner.post(f"/webhook-deliveries/{delivery['id']}/redeliver", {})
    assert (again.status_code, again.json["code"]) == (409, "endpoint_stopped")
    receiver.status = 200
    owner.post(f"/webhook-endpoints/{endpoint['id']}/test", {})
    marketplace.settle()
    assert owner.get(f"/webhook-endpoints/{endpoint['id']}").json["stopped_at"] is None
    since = (marketplace.now - timedelta(days=2)).isoformat()
    assert owner.post(f"/webhook-endpoints/{endpoint['id']}/replay", {"since": since}).json == {"replayed": 2}
    marketplace.settle()
    assert len(receiver.arrived) == 4
    assert receiver.ids[2:] == sorted(receiver.ids[2:])
    assert receiver.ids[0] == receiver.ids[2]


def test_an_endpoint_that_fails_for_five_days_is_switched_off(marketplace, owner, receiver):
    endpoint = register(owner, receiver)
    receiver.status = 500
    for _ in range(6):
        marketplace.supply(owner)
        marketplace.wait(days=1)
    assert owner.get(f"/webhook-endpoints/{endpoint['id']}").json["stopped_for"] == "failing"
    assert len(owner.inbox("webhook.stopped")) == 1


def test_a_dead_endpoint_is_left_alone_and_holds_up_nobody(marketplace, owner, receiver):
    dead = register(owner, receiver)
    with marketplace.app.app_context():
        db.session.query(WebhookEndpoint).update({"url": "http://127.0.0.1:1/"})
        db.session.commit()
    alive = register(owner, receiver)
    for _ in range(3):
        marketplace.supply(owner)
    marketplace.settle()
    assert len(receiver.arrived) == 3
    tries = [len(each["attempts"]) for each in log_of(owner, dead)]
    assert sum(tries) == 1, "one failure speaks for all that wait"
    assert {each["status"] for each in log_of(owner, alive)} == {"delivered"}
    assert log_of(owner, dead)[-1]["attempts"][0]["outcome"] == "unreachable"


@pytest.mark.parametrize("point", ["_record", "_note"])
def test_a_worker_killed_after_sending_sends_again_with_the_same_id_once_its_claim_is_over(
    marketplace, owner, receiver, monkeypatch, point
):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    endpoint = register(owner, receiver)
    marketplace.supply(owner)
    with monkeypatch.context() as killing:
        killing.setattr(delivering, point, die)
        with pytest.raises(Killed):
            marketplace.settle()
    marketplace.settle()
    assert len(receiver.ids) == 1, "whoever claimed it may be at it still"
    marketplace.wait(seconds=delivering.CLAIMED_FOR.total_seconds() - 1)
    assert len(receiver.ids) == 1
    marketplace.wait(seconds=1 + delivering.BUSY_ELSEWHERE.total_seconds())
    assert (len(receiver.ids), len(set(receiver.ids))) == (2, 1)
    marketplace.wait(days=1)
    assert len(receiver.ids) == 2
    assert [each["status"] for each in log_of(owner, endpoint)] == ["delivered"]


def test_while_a_server_is_asked_no_transaction_is_open_and_nobody_else_asks_it(
    marketplace, owner, receiver, monkeypatch
):
    endpoint, seen = register(owner, receiver), []

    def ask(*args, send=sending.send):
        seen.append(db.session().in_transaction())
        for delivery in db.session.query(WebhookDelivery):
            delivering.deliver(delivery.id)
        db.session.rollback()
        return send(*args)

    monkeypatch.setattr(sending, "send", ask)
    for _ in range(2):
        marketplace.supply(owner)
    marketplace.settle()
    assert seen == [False], "the other waits until this one is recorded"
    marketplace.wait(seconds=delivering.BUSY_ELSEWHERE.total_seconds())
    assert seen == [False, False]
    assert [each["status"] for each in log_of(owner, endpoint)] == ["delivered"] * 2
    assert (len(receiver.ids), len(set(receiver.ids))) == (2, 2)


def test_what_comes_of_a_try_after_its_claim_is_over_is_noted_and_changes_nothing(
    marketplace, owner, receiver, monkeypatch
):
    endpoint = register(owner, receiver)
    receiver.status = 500
    marketplace.supply(owner)
    record = delivering._record

    def late(claim, tried):
        receiver.status = 200
        marketplace.now += delivering.CLAIMED_FOR
        with monkeypatch.context() as another:
            another.setattr(delivering, "_record", record)
            delivering.deliver(claim.delivery_id)
        record(claim, tried)

    monkeypatch.setattr(delivering, "_record", late)
    marketplace.settle()
    (delivery,) = log_of(owner, endpoint)
    assert delivery["status"] == "delivered"
    assert [each["outcome"] for each in delivery["attempts"]] == ["taken", "busy"]
    assert owner.get(f"/webhook-endpoints/{endpoint['id']}").json["failing_since"] is None


def test_a_replay_goes_on_by_itself_to_what_there_was_when_it_was_asked_for(
    marketplace, owner, receiver, monkeypatch
):
    monkeypatch.setattr(replaying, "AT_ONCE", 2)
    endpoint = register(owner, receiver)
    for _ in range(5):
        marketplace.supply(owner)
    marketplace.settle()
    assert len(receiver.ids) == 5
    since = (marketplace.now - timedelta(days=1)).isoformat()
    asked = owner.post(f"/webhook-endpoints/{endpoint['id']}/replay", {"since": since})
    assert asked.json == {"replayed": 5}
    marketplace.supply(owner)
    marketplace.settle()
    first, then = receiver.ids[:5], receiver.ids[5:]
    assert [sent for sent in then if sent in first] == first, "in order"
    assert (len(then), len(set(receiver.ids))) == (6, 6), "and what is new once"


def test_messages_of_the_inbox_are_delivered_where_they_are_wanted(marketplace, owner, receiver):
    register(owner, receiver, kinds=["notification"])
    marketplace.supply(owner)
    marketplace.demand(marketplace.recycler())
    marketplace.settle()
    marketplace.wait(hours=9)
    (message,) = owner.inbox("match.found")
    (body,) = [json.loads(body) for _, body in receiver.arrived if "match.found" in body]
    assert receiver.ids[0].startswith("ntf_")
    assert (body["type"], body["subject"]["id"]) == ("notification.released", message["id"])
    assert body["data"]["listing_id"] == message["data"]["listing_id"]


def test_an_admin_redelivers_what_failed_and_a_delivery_under_way_is_not_sent_twice(
    marketplace, owner, receiver
):
    endpoint = register(owner, receiver)
    receiver.status = 400
    marketplace.supply(owner)
    marketplace.settle()
    (delivery,) = log_of(owner, endpoint)
    path = f"/webhook-deliveries/{delivery['id']}/redeliver"
    receiver.status = 200
    assert marketplace.admin.post(path, {}).status_code == 200
    assert owner.post(path, {}).json["code"] == "wrong_state"
    marketplace.settle()
    assert (len(receiver.ids), len(set(receiver.ids))) == (2, 1)


def test_old_deliveries_and_events_go_after_a_month(marketplace, owner, receiver):
    endpoint = register(owner, receiver)
    marketplace.supply(owner)
    marketplace.settle()
    marketplace.wait(days=31)
    assert log_of(owner, endpoint) == []
    assert owner.get("/events?kinds=listing.published").json["items"] == []


INSIDE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "10.0.0.8", "172.16.3.4",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.88.99.1", "198.18.0.1", "224.0.0.1",
    "255.255.255.255", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]",
    "[fec0::1]", "[fc00::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "localhost", "nowhere.invalid",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_no_address_inside_is_taken_or_connected_to(host):
    with pytest.raises((outgoing.AddressRefused, ValueError)):
        outgoing.check_url(f"https://{host}/hook")
    with pytest.raises((outgoing.AddressRefused, outgoing.httpx.InvalidURL)):
        outgoing.post(f"https://{host}/hook", b"{}", {})


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "93.184.216.34"])
def test_addresses_of_the_internet_are_taken(host):
    outgoing.check_url(f"https://{host}/hook")


@pytest.mark.parametrize(
    "url",
    ["http://8.8.8.8/", "ftp://8.8.8.8/", "https://me:secret@8.8.8.8/", "https://me@8.8.8.8/", "//8.8.8.8/",
     "https:///hook", "https://8.8.8.8/#part", "https://8.8.8.8:99999/", "javascript:alert(1)", "https://["],
)  # fmt: skip
def test_an_address_that_is_written_otherwise_is_refused_at_its_field(marketplace, url):
    response = marketplace.enterprise("generator").post("/webhook-endpoints", {"url": url})
    assert response.status_code == 422
    assert list(response.json["errors"]) == ["url"]


def test_a_name_that_leads_inside_after_its_registration_is_not_connected_to(
    marketplace, owner, receiver, configure, monkeypatch
):
    found = iter(["8.8.8.8", "127.0.0.1"])
    asked = []

    def look_up(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(found), port))]

    configure(webhooks_to_loopback=False)
    monkeypatch.setattr(outgoing, "getaddrinfo", look_up)
    port = receiver.url.split(":")[2].split("/")[0]
    receiver.url = f"https://rebind.example:{port}/"
    endpoint = register(owner, receiver)
    marketplace.supply(owner)
    marketplace.settle()
    assert (asked, receiver.arrived) == (["rebind.example"] * 2, [])
    assert log_of(owner, endpoint)[0]["attempts"][0]["outcome"] == "not_public"


def test_one_name_with_a_public_and_a_private_address_is_refused(monkeypatch):
    both = [(0, 0, 0, "", ("8.8.8.8", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(outgoing, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(outgoing.AddressRefused):
        outgoing.check_url("https://two.example/")


def test_an_enterprise_has_so_many_endpoints_and_no_more(marketplace, owner, receiver, configure):
    configure(quota_webhook_endpoints=1, webhooks_to_loopback=True)
    register(owner, receiver)
    refused = owner.post("/webhook-endpoints", {"url": receiver.url})
    assert (refused.status_code, refused.json["code"]) == (409, "too_many_endpoints")


def test_a_head_that_comes_drop_by_drop_ends_in_time(monkeypatch):
    monkeypatch.setattr(outgoing, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stop = threading.Event()

        def drip():
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(outgoing.httpx.TimeoutException):
                outgoing.post(f"http://127.0.0.1:{port}/", b"{}", {}, loopback=True)
        finally:
            stop.set()
            thread.join()


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = datetime(2026, 11, 1)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), day)
    own = made.not_valid_after(day + timedelta(days=9_000)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (file := tmp_path / "own.pem").write_bytes(own.public_bytes(pem) + key.private_bytes(pem, *plain))
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(file)
    arrived = []

    def serve(server):
        connection, _ = server.accept()
        with connection, suppress(OSError), trust.wrap_socket(connection, server_side=True) as stream:
            arrived.append(stream.recv(100))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        with pytest.raises(outgoing.httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            outgoing.post(f"https://localhost:{server.getsockname()[1]}/", b"{}", {}, loopback=True)
        thread.join()
    assert [said for said in arrived if said] == []


def test_neither_a_proxy_of_the_environment_nor_http_to_the_outside_is_used(monkeypatch):
    asked = []

    def connect(self, host, port, *_):
        asked.append((host, port))
        raise httpcore.ConnectError("nobody is there")

    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://10.0.0.1:3128")
    monkeypatch.setattr(outgoing, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("8.8.8.8", 443))])
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(outgoing.httpx.ConnectError):
        outgoing.post("https://erp.example/", b"{}", {})
    assert asked == [("8.8.8.8", 443)], "and at the address that was checked, by no name"
    with pytest.raises(ValueError, match="no HTTPS"):
        outgoing.check_url("http://erp.example/", loopback=True)
