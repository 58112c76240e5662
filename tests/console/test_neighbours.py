"""Every page and every form, asked by everybody with ids of one enterprise: nobody sees or does more on a
page than by the API. The addresses are those of the application, so that no new page is forgotten."""

import io
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from marketplace.events.actor import ENTERPRISE
from marketplace.events.work import unit_of_work
from marketplace.persons import service as persons
from marketplace.persons.models import Passkey
from tests.cases import AllSamples
from tests.console.people import ORIGIN, Browser, browser_of
from tests.console.test_staff_pages import staff_browser
from tests.counting import count_statements
from tests.listings.photos import send_photo
from tests.manifests.trade import ok
from tests.persons.cases import reset_of
from tests.persons.people import invite, member
from tests.test_house import contents, last_audit, routes_of, who
from tests.uploaded_files.made import PNG
from tests.webhooks.cases import NEW, end_deliveries

OWN = "甲方私密"
PRIVATE = {
    "contact": f"{OWN}联系人",
    "email": "siminjiafang@example.com",
    "phone": "0575-85012345",
    "exact place": "120.5712",
    "person": f"{OWN}成员",
    "number of a person": "13800138801",
    "title of a draft": f"{OWN}草稿",
    "price": "987.65",
    "name of a search": f"{OWN}搜索",
    "name of a key": f"{OWN}密钥",
    "name of a passkey": f"{OWN}通行密钥",
    "note on an endpoint": f"{OWN}推送",
}
"""What the enterprise says to those only whom it concerns, by what it is."""
REFUSED = (401, 403, 404)
MOST_STATEMENTS = 8
OUTSIDERS = ("nobody", "neighbour", "stranger")
STAYS_OUT = {"show_file", "export_myself"}
"""A file of ours; and what may be asked for a few times an hour only."""
QUERIES = {
    "show_asking": "?code=900-349-34&tonnes=20",
    "show_changes": "?enterprise_id={enterprise_id}",
    "show_evaluations": "?job_id={job_id}",
    "show_mixed_load": "?deal_id={deal_id}",
    "show_new_offer": "?listing_id={listing_id}&with={other_id}",
    "show_receivers": "?code=900-349-34",
}
TO_ANYBODY = {"ask_receiver"}
"""Forms about an enterprise that every member may know of: tests/console/test_receivers.py."""
OF_DRIVERS = {"show_loads", "show_load", "show_code", "show_pickup", "show_track", "show_account"}
"""Pages of drivers, who may do nothing by the API: of their loads tests/console/test_trade_pages.py."""
SIGNED_BY_DRIVERS = {"sign_pickup", "add_point"}
OF_BROWSERS = {"act_for", "end_my_session", "offer_passkey", "add_passkey", "remove_passkey"}
"""Forms about sessions and passkeys, which programs do not have."""
BY_API = {
    "confirm_change": ("POST", "/enterprise-changes/<uuid:change_id>/confirm"),
    "refuse_change": ("POST", "/enterprise-changes/<uuid:change_id>/refuse"),
    "uphold_claim": ("POST", "/uscc-claims/<uuid:claim_id>/uphold"),
    "dismiss_claim": ("POST", "/uscc-claims/<uuid:claim_id>/dismiss"),
    "evaluate_enterprise": ("POST", "/credit/evaluations"),
    "evaluate_region": ("POST", "/credit/evaluations"),
    "end_carriage": ("POST", "/transporter-papers/<uuid:paper_id>/end"),
    "import_feed": ("POST", "/credit/imports"),
    "publish_working_days": ("PUT", "/working-days"),
    "create_regulator": ("POST", "/regulators"),
    "find_person": ("POST", "/persons/<uuid:person_id>/erase"),
    "erase_person": ("POST", "/persons/<uuid:person_id>/erase"),
    "make_draft": ("POST", "/listings"),
    "save_terms": ("PATCH", "/listings/<uuid:listing_id>"),
    "publish_listing": ("POST", "/listings/<uuid:listing_id>/publish"),
    "take_first_step": ("POST", "/listings"),
    "remove_photo": ("DELETE", "/listings/<uuid:listing_id>/photos/<int:number>"),
    "import_sheet": ("POST", "/listings/import"),
    "change_many": ("POST", "/listings/publish"),
    "save_search": ("POST", "/saved-searches"),
    "give_verdicts": ("POST", "/matches/feedback"),
    "change_search": ("PATCH", "/saved-searches/<uuid:search_id>"),
    "delete_search": ("DELETE", "/saved-searches/<uuid:search_id>"),
    "make_offer": ("POST", "/offers"),
    "draft_load": ("POST", "/deals/<uuid:deal_id>/manifests"),
    "draft_mixed_load": ("POST", "/manifests"),
    "sign_pickup": ("POST", "/manifests/<uuid:manifest_id>/pickup"),
    "sign_receipt": ("POST", "/manifests/<uuid:manifest_id>/receive"),
    "load_change": ("PATCH", "/manifests/<uuid:manifest_id>"),
    "approve_correction": ("POST", "/corrections/<uuid:correction_id>/approve"),
    "reject_correction": ("POST", "/corrections/<uuid:correction_id>/reject"),
    "file_declaration": ("POST", "/declarations/<uuid:declaration_id>/confirm"),
    "take_inspection_step": ("POST", "/inspections/<uuid:inspection_id>/items"),
    "block_enterprise": ("POST", "/credit/blocks"),
    "lift_block": ("POST", "/credit/blocks/<uuid:block_id>/lift"),
    "record_event": ("POST", "/credit/events"),
    "withdraw_event": ("POST", "/credit/events/<uuid:event_id>/withdraw"),
    "assign_many": ("POST", "/desk/<kind>/<uuid:subject_id>/assign"),
    "add_event_file": ("POST", "/credit/events/<uuid:event_id>/files"),
    "decide_many": ("POST", "/desk/decisions"),
    "decide_desk_item": ("POST", "/desk/decisions"),
    "preview_evaluation": ("POST", "/credit/evaluations"),
    "publish_evaluation": ("POST", "/credit/evaluations/<uuid:evaluation_id>/publish"),
    "extend_repair": ("POST", "/credit/repairs/<uuid:repair_id>/extend"),
    "replay_tasks": ("POST", "/operations/replay"),
    "mark_read": ("POST", "/notifications/<uuid:notification_id>/read"),
    "silence_notice": ("POST", "/notifications/<uuid:notification_id>/not-for-me"),
    "unsilence_notice": ("DELETE", "/notifications/<uuid:notification_id>/not-for-me"),
    "submit_plan": ("POST", "/plans"),
    "start_allocation": ("POST", "/allocations"),
    "mark_all_read": ("POST", "/notifications/read-all"),
    "change_policy": ("PUT", "/matching-policy"),
    "change_rules": ("PUT", "/credit/rules"),
    "propose_reset": ("POST", "/access-resets"),
    "confirm_reset": ("POST", "/access-resets/<uuid:reset_id>/confirm"),
    "withdraw_reset": ("POST", "/access-resets/<uuid:reset_id>/withdraw"),
    "invite": ("POST", "/invitations"),
    "invite_staff": ("POST", "/invitations"),
    "withdraw_invitation": ("DELETE", "/invitations/<uuid:invitation_id>"),
    "change_right": ("PATCH", "/members/<uuid:member_id>"),
    "end_membership": ("DELETE", "/members/<uuid:member_id>"),
    "create_key": ("POST", "/api-keys"),
    "revoke_key": ("DELETE", "/api-keys/<uuid:key_id>"),
    "change_enterprise": ("PATCH", "/enterprises/<uuid:enterprise_id>"),
    "hand_in_paper": ("POST", "/licences"),
    "add_scan": ("POST", "/licences/<uuid:permit_id>/files"),
    "apply_for_transfer": ("POST", "/transfer-applications"),
    "take_own_step": ("POST", "/transfer-applications/<uuid:application_id>/withdraw"),
    "take_step": ("POST", "/transfer-applications/<uuid:application_id>/forward"),
    "grant_transfer": ("POST", "/transfer-applications/<uuid:application_id>/grant"),
    "add_transfer_paper": ("POST", "/transfer-applications/<uuid:application_id>/papers"),
    "enter_approval": ("POST", "/transfer-approvals"),
    "end_approval": ("DELETE", "/transfer-approvals/<uuid:permit_id>"),
    "answer_contact_request": ("POST", "/receiver-requests/<uuid:request_id>/accept"),
    "hand_in_registration": ("POST", "/receiver-registrations"),
    "end_registration": ("DELETE", "/receiver-registrations/<uuid:registration_id>"),
    "confirm_licence": ("POST", "/licences/<uuid:permit_id>/confirm"),
    "refuse_licence": ("POST", "/licences/<uuid:permit_id>/refuse"),
    "suspend_licence": ("POST", "/licences/<uuid:permit_id>/suspend"),
    "resume_licence": ("POST", "/licences/<uuid:permit_id>/resume"),
    "revoke_licence": ("DELETE", "/licences/<uuid:permit_id>"),
    "count_licence_usage": ("POST", "/licences/<uuid:permit_id>/usage"),
    "add_licence_file": ("POST", "/licences/<uuid:permit_id>/files"),
    "pause_channel": ("POST", "/channels/<uuid:permit_id>/pause"),
    "resume_channel": ("POST", "/channels/<uuid:permit_id>/resume"),
    "revoke_channel": ("DELETE", "/channels/<uuid:permit_id>"),
    "count_channel_usage": ("POST", "/channels/<uuid:permit_id>/usage"),
    "add_channel_file": ("POST", "/channels/<uuid:permit_id>/files"),
    "file_channel_test": ("POST", "/channels/<uuid:permit_id>/tests"),
    "add_test_file": ("POST", "/channels/<uuid:permit_id>/tests/<uuid:test_id>/files"),
    "record_secondary_waste": ("POST", "/channels/<uuid:permit_id>/secondary-waste"),
    "correct_secondary_waste": (
        "POST", "/channels/<uuid:permit_id>/secondary-waste/<uuid:entry_id>/correct",
    ),
    "enter_white_list": ("POST", "/white-list"),
    "revoke_exemption": ("DELETE", "/exemptions/<uuid:permit_id>"),
    "revoke_white_list": ("DELETE", "/white-list/<uuid:permit_id>"),
    "change_carrier": ("PUT", "/transporters/<uuid:enterprise_id>"),
    "create_webhook": ("POST", "/webhook-endpoints"),
    "test_webhook": ("POST", "/webhook-endpoints/<uuid:endpoint_id>/test"),
    "rotate_webhook_secret": ("POST", "/webhook-endpoints/<uuid:endpoint_id>/rotate-secret"),
    "replay_webhook": ("POST", "/webhook-endpoints/<uuid:endpoint_id>/replay"),
    "delete_webhook": ("DELETE", "/webhook-endpoints/<uuid:endpoint_id>"),
    "redeliver_webhook": ("POST", "/webhook-deliveries/<uuid:delivery_id>/redeliver"),
    "redeliver_failed": ("POST", "/webhook-deliveries/<uuid:delivery_id>/redeliver"),
    "send_proof": ("POST", "/enterprises/me/send-proof"),
    "withdraw_change": ("POST", "/enterprise-changes/<uuid:change_id>/withdraw"),
    "set_notices": ("PUT", "/notification-preferences"),
    "change_myself": ("PATCH", "/me/person"),
    "change_password": ("POST", "/me/person/password"),
    "change_phone": ("POST", "/me/person/phone"),
    "ask_for_email": ("POST", "/me/person/email"),
    "confirm_email": ("POST", "/me/person/email/confirm"),
    "erase_myself": ("POST", "/me/person/erase"),
}  # fmt: skip
"""By which route a program does the same, where the addresses differ."""
ALIKE, ALIKE_BELOW = (
    ("/", "/board", "/verify", "/help"),
    ("/help/", "/api/v1/credit/board", "/api/v1/figures"),
)
"""Pages that everybody sees alike, which browsers may keep."""
SHOWN = ("text/html", "application/json", "application/problem+json")
"""What a browser shows; all else it saves."""
FIELDS = {
    "reason": "因为", "promise": "整改", "quantity_t": "1", "price_cny_per_t": "1", "weight_t": "1",
    "decision": "uphold", "verdict": "interested", "right": "viewer", "name": "名称", "title": "标题",
    "points": "1", "part": "quantity", "text": "文字", "document": "文号", "rule": "site.defect", "note": "x",
    "effective_on": "2026-11-01", "kind": "self", "checklist": "general_generator", "invoice_number": "1",
    "punctual": "5", "as_described": "5", "cooperation": "5", "safety": "5", "cancel": "1", "withdraw": "1",
    "transporter_id": str(uuid4()), "planned_on": "2026-12-02", "vehicle_plate": "浙D12345", "outcome": "x",
    "driver_name": "张三", "signed_name": "张三", "field": "weight_t", "value": "1", "finish": "1",
}  # fmt: skip
"""Something for whatever a form may ask: who may not send it is refused before what was typed."""


class World:
    """Enterprise A with one of everything, and everybody at a browser.

    Attributes:
        ids: what a parameter of an address stands for, by its name: A's own.
        browsers: by who it is.
    """

    def __init__(self, marketplace):
        self.marketplace, self.samples, self.seen = marketplace, AllSamples(marketplace), {}
        self.samples.owner = marketplace.enterprise(
            "generator", "recycler", "transporter", name="绍兴一厂",
            contact={"name": PRIVATE["contact"], "email": PRIVATE["email"], "phone": PRIVATE["phone"]},
            location={"lon": 120.57123, "lat": 30.04321, "crs": "wgs84"},
        )  # fmt: skip
        self.ids = {
            **self.of_trade(), **self.of_standing(), **self.of_papers(),
            **self.of_transfers(), **self.of_programs(), **self.of_people(),
        }  # fmt: skip
        self.browsers = self.all_logged_in()
        self.ids |= {**self.of_log_in(), "photo_id": self.waiting_photo()}

    def of_trade(self):
        of, a = self.samples, self.samples.owner
        draft = self.marketplace.supply(
            a, publish=False, title=PRIVATE["title of a draft"], price_cny_per_t=float(PRIVATE["price"])
        )  # fmt: skip
        ok(send_photo(a, draft), 201)
        load = of.issued
        picture = ok(of.carrier.call("POST", f"{load}/files", data=PNG, content_type="image/png"), 201)
        return {
            "listing_id": draft["id"],
            "number": 1,
            "other_id": of.demand["id"],
            "import_id": of.listing_import["id"],
            "search_id": a.save_search({"code": "HW17"}, name=PRIVATE["name of a search"])["id"],
            "offer_id": of.offer["id"],
            "deal_id": of.deal["id"],
            "manifest_id": last_part(load),
            "file_id": picture["id"],
            "correction_id": of.correction["id"],
            "notification_id": of.message["id"],
        }

    def of_standing(self):
        of = self.samples
        return {
            "event_id": of.event_file["event_id"],
            "appeal_id": last_part(of.appeal),
            "subject_id": last_part(of.appeal),
            "repair_id": last_part(of.repair),
            "evaluation_id": of.evaluation["id"],
            "job_id": of.preview["job_id"],
            "inspection_id": of.inspection["id"],
            "declaration_id": last_part(of.declaration),
            "enterprise_id": of.owner.id,
            "block_id": of.block["id"],
            "allocation_id": of.allocation["id"],
            "change_id": of.proposal(of.owner)["id"],
            "claim_id": of.claim()["id"],
            "feed_id": of.feed["id"],
        }

    def of_papers(self):
        of = self.samples
        return {
            "form": "licence",
            "carriage_id": of.permit["id"],
            "paper_id": of.submission["id"],
            "licence_id": of.submission["id"],
            "channel_id": of.channel["id"],
            "test_id": of.channel_test["id"],
            "entry_id": of.book_entry["id"],
            "exemption_id": of.exemption["id"],
            "white_list_id": of.white_list_entry["id"],
        }

    def of_transfers(self):
        of = self.samples
        return {
            "application_id": of.application["id"],
            "own_step": "withdraw",
            "step": "forward",
            "approval_id": of.transfer_approval["id"],
            "request_id": of.contact_request["id"],
            "answer": "withdraw",
            "registration_id": of.registration["id"],
        }

    def of_programs(self):
        a, note = self.samples.owner, PRIVATE["note on an endpoint"]
        endpoint = ok(a.post("/webhook-endpoints", {**NEW, "description": note}), 201)["id"]
        delivery = ok(a.post(f"/webhook-endpoints/{endpoint}/test", {}))
        end_deliveries(self.marketplace)
        return {"endpoint_id": endpoint, "delivery_id": delivery["id"]}

    def of_people(self):
        a = self.samples.owner
        founder = member(a, PRIVATE["number of a person"], "owner", name=PRIVATE["person"])
        key = {"name": PRIVATE["name of a key"], "scopes": ["read"]}
        return {
            "member_id": founder["id"],
            "person_id": founder["person_id"],
            "membership_id": founder["id"],
            "key_id": a.post("/api-keys", key).json["id"],
            "invitation_id": invite(a)["id"],
            "reset_id": reset_of(self.samples.admin, PRIVATE["number of a person"])["id"],
        }

    def all_logged_in(self):
        of, a = self.samples, self.samples.owner
        numbered = enumerate(("owner", "trader", "viewer", "driver"), start=2)
        return {
            "nobody": Browser(self.marketplace),
            **{right: browser_of(a, f"1380013880{number}", right) for number, right in numbered},
            "neighbour": browser_of(of.neighbour, "13800138807"),
            "stranger": staff_browser(self.marketplace, of.stranger.id, "13900139807"),
            "regulator": staff_browser(self.marketplace, of.regulator.id, "13900139808"),
            "admin": staff_browser(self.marketplace, who(self.marketplace, of.admin)[1], "13900139809"),
        }

    def of_log_in(self):
        token = self.browsers["owner"].client.get_cookie("huanliu_session").value
        with self.marketplace.app.app_context(), unit_of_work() as work:
            person_id = persons.logged_in(token).person_id
            shown = {"credential_id": b"1", "public_key": b"1", "sign_count": 0}
            passkey = work.add(Passkey(person_id=person_id, name=PRIVATE["name of a passkey"], **shown))
            work.session.flush()
            (session, *_) = persons.list_sessions(person_id)
            return {"passkey_id": passkey.id, "session_id": session.id}

    def waiting_photo(self):
        sent = {"kind": "supply", "title": "废酸", "file": (io.BytesIO(PNG), "1.png")}
        to_second_step = self.browsers["owner"].client.post("/post/photo", data=sent, headers=ORIGIN).location
        return parse_qs(urlsplit(to_second_step).query)["photo"][0]

    def address(self, rule, ids=None):
        """An address of the application with A's ids, or with others."""
        known = {"kind": "appeal", "name": "driver", "provider": "x", "token": "x", **(ids or self.ids)}

        def value(found):
            name = found[0].strip("<>").rpartition(":")[2]
            assert name in known, f"say in `ids` which {name} is of enterprise A: {rule}"
            return str(known[name])

        return re.sub("<[^>]+>", value, rule)

    def asks(self, asker, path):
        """(status, HTML, address of the same for programs, number of statements) of a page.

        It is asked once: no test changes what a page shows. What takes too many statements is asked again,
        when a process has kept what it keeps.
        """
        if (asker, path) not in self.seen:
            with count_statements() as sent:
                browser = self.browsers[asker].get(path)
            count, html = len(sent), browser.response.get_data(as_text=True) if browser.is_page else ""
            if count > MOST_STATEMENTS:
                with count_statements() as sent:
                    browser.get(path)
                count = len(sent)
            hold_guarded(asker, browser.response, path)
            programs = re.search(r'<a href="(/api/v1/[^"]+)" rel="nofollow">', html)
            self.seen[asker, path] = browser.status, html, programs and unescape(programs[1]), count
        return self.seen[asker, path]

    def answer(self, asker, path, answers):
        """(status, text) of the API to the same browser; kept in `answers`."""
        if (asker, path) not in answers:
            response = self.browsers[asker].client.get(path)
            hold_guarded(asker, response, path)
            answers[asker, path] = response.status_code, response.get_data().decode(errors="replace")
        return answers[asker, path]


def hold_guarded(asker, response, path):
    """Whatever answers, a refusal and a file too, runs nothing of strangers, is framed and kept by nobody."""
    headers = response.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; base-uri 'none'"), path
    assert "unsafe" not in headers["Content-Security-Policy"], path
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff"), path
    is_public = asker == "nobody" or path.partition("?")[0] in ALIKE or path.startswith(ALIKE_BELOW)
    assert headers["Cache-Control"] == "no-store" or is_public, path
    if response.mimetype not in SHOWN and response.data:
        assert headers["Content-Disposition"].startswith("attachment"), path


def last_part(path):
    return path.rsplit("/", 1)[-1]


@pytest.fixture
def world(kept):
    with kept(World) as world:
        yield world


@pytest.fixture(scope="module")
def rules(app):
    """{endpoint: (rule, methods, view)} of every page and form of the console."""
    return [
        (rule.endpoint.removeprefix("console."), rule.rule, rule.methods, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
    ]


def test_no_page_shows_what_the_api_refuses_or_hides(world, rules):
    shown, answers, faults = "", {}, []
    for endpoint, rule, methods, _ in rules:
        if "GET" not in methods or endpoint in STAYS_OUT:
            continue
        path = world.address(rule)
        for asker in world.browsers:
            status, html, programs, _ = world.asks(
                asker, path + QUERIES.get(endpoint, "").format(**world.ids)
            )
            assert status < 500, (asker, path)
            if status != 200:
                continue
            shown += html if asker in ("owner", "admin") else ""
            by_api, told = world.answer(asker, programs, answers) if programs else (None, "")
            if by_api in REFUSED and not (asker == "driver" and endpoint in OF_DRIVERS):
                faults.append((asker, path, programs, by_api))
            if asker in OUTSIDERS:
                seen = [name for name, mark in PRIVATE.items() if mark in html and mark not in told]
                faults += [(asker, path, name) for name in seen]
    assert faults == []
    assert [name for name, mark in PRIVATE.items() if mark not in shown] == [], "nobody sees it: no mark"


def test_what_a_page_keeps_from_who_may_only_read_the_api_keeps_too(world, rules):
    answers, kept, faults = {}, [], []
    for endpoint, rule, methods, view in rules:
        access = getattr(view, "access", None)
        is_of_owners = access is not None and access.scope == "admin" and ENTERPRISE in access.kinds
        if not is_of_owners or "GET" not in methods:
            continue
        *_, programs, _ = world.asks("owner", world.address(rule))
        kept.append(endpoint)
        for asker in ("trader", "viewer"):
            if programs and world.answer(asker, programs, answers)[0] not in REFUSED:
                faults.append((asker, endpoint, programs))
    assert faults == []
    assert {"show_people", "show_webhooks", "show_webhook"} <= set(kept)


def test_to_look_at_a_page_changes_nothing(world, rules):
    """A link of another site is followed with the cookie. A document is issued when it is first asked for."""
    before, seen = contents(world.marketplace), 0
    for endpoint, rule, methods, _ in rules:
        if "GET" in methods and endpoint not in STAYS_OUT:
            path = world.address(rule) + QUERIES.get(endpoint, "").format(**world.ids)
            seen += world.browsers["owner"].get(path).status == 200
    after = contents(world.marketplace)
    assert {table for table in before if before[table] != after[table]} <= {"document", "audit"}
    assert after["audit"] - before["audit"] == after["document"] - before["document"]
    assert seen >= 80


def test_an_official_of_elsewhere_is_shown_nothing_of_an_enterprise(world, rules):
    faults = []
    for endpoint, rule, methods, _ in rules:
        if "GET" not in methods or endpoint in STAYS_OUT:
            continue
        path = world.address(rule) + QUERIES.get(endpoint, "").format(**world.ids)
        status, html, *_ = world.asks("stranger", path)
        if "_id>" in rule and status == 200:
            faults.append((endpoint, "is shown"))
        if status == 200:
            faults += [(endpoint, name) for name, mark in PRIVATE.items() if mark in html]
    assert faults == []


def test_no_page_of_anything_costs_more_statements_than_a_page_may(world, rules):
    dear = {}
    for endpoint, rule, methods, _ in rules:
        if "GET" not in methods or endpoint in STAYS_OUT:
            continue
        path = world.address(rule) + QUERIES.get(endpoint, "").format(**world.ids)
        for asker in ("owner", "regulator", "admin"):
            *_, count = world.asks(asker, path)
            if count > MOST_STATEMENTS:
                dear[asker, endpoint] = count
    assert dear == {}


def test_a_form_of_others_reads_as_one_that_is_not_there_and_writes_nothing(world, rules):
    before, faults = last_audit(world.marketplace), []
    unknown = {**world.ids, **{name: uuid4() for name in world.ids if name.endswith("_id")}}
    for endpoint, rule, methods, _ in rules:
        if "POST" not in methods or "<uuid:" not in rule or endpoint in TO_ANYBODY:
            continue
        path, nowhere = world.address(rule), world.address(rule, unknown)
        for asker in OUTSIDERS:
            status = world.browsers[asker].post(path, **FIELDS).status
            words = without_ids(world.browsers[asker])
            as_unknown = world.browsers[asker].post(nowhere, **FIELDS).status
            if status not in REFUSED or (status, words) != (as_unknown, without_ids(world.browsers[asker])):
                faults.append((asker, path, status, as_unknown))
    assert faults == []
    assert last_audit(world.marketplace) == before


def without_ids(browser):
    """The words of a refusal, but for what was asked for."""
    return re.sub(r"[0-9a-f-]{36}|https?\S+", "", browser.page.text if browser.page else "")


def test_a_form_is_open_to_no_more_people_than_the_same_by_the_api(app, rules):
    of_api = {(method, rule): view.access for method, rule, view in routes_of(app)}
    forms = {endpoint: (rule, view) for endpoint, rule, methods, view in rules if "POST" in methods}
    for endpoint, (rule, view) in forms.items():
        if not view.access.kinds or endpoint in OF_BROWSERS:
            continue
        same = rule.replace("/loads/<uuid:manifest_id>", "/manifests/<uuid:manifest_id>")
        route = BY_API.get(endpoint, ("POST", same))
        assert route in of_api, f"say in BY_API by which route a program does the same as {endpoint}, {rule}"
        allowed = of_api[route]
        assert set(view.access.kinds) <= set(allowed.kinds), endpoint
        assert (view.access.scope or "read") == allowed.scope, endpoint
    assert BY_API.keys() | OF_BROWSERS <= forms.keys(), "gone"


def test_who_may_only_read_presses_no_button(world, rules):
    for endpoint, rule, methods, view in rules:
        if "POST" not in methods or view.access.scope in ("read", "") or ENTERPRISE not in view.access.kinds:
            continue
        for asker in ("viewer", "driver"):
            if asker == "driver" and endpoint in SIGNED_BY_DRIVERS:
                continue
            status = world.browsers[asker].post(world.address(rule), **FIELDS).status
            assert status in (REFUSED if asker == "driver" else (403,)), (asker, rule)
