"""The repository polices itself: what the habits promise, read from the application as it is built."""

import ast
import importlib
import re
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command as alembic
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, inspect, select, text
from sqlalchemy.orm import InstrumentedAttribute

from marketplace import lives, scheduler, supervisor
from marketplace.catalogue.models import WasteCode
from marketplace.database import Base, db
from marketplace.enterprises import service as enterprises
from marketplace.events.actor import ADMIN, ENTERPRISE, REGULATOR, SCOPES
from marketplace.events.lifecycle import LifeCycle
from marketplace.events.models import Audit
from marketplace.events.registry import queues
from marketplace.http.authentication import digest
from marketplace.listings.models import LIFE as LISTING_LIFE
from marketplace.subscriptions import SUBSCRIPTIONS, TASKS
from tests.listings.sheets import CSV, SUPPLY, csv_of, send
from tests.marketplace import ACID, listing_terms, new_uscc

ROOT = Path(__file__).resolve().parent.parent
API = "/api/v1"
VALID = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
POINTED = {"scheme": "cn-hw", "code": "900-349-34", **VALID}
PATH_OF_ID = re.compile(r"<uuid:\w+>")


@pytest.fixture(scope="module")
def routes(app):
    """(method, rule, view) of every route of the API."""
    return [
        (method, rule.rule.removeprefix(API), app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(API)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


# ---------------------------------------------------------------- doors


def test_every_route_declares_its_door(routes):
    assert len(routes) > 50
    for method, rule, view in routes:
        kinds, scope = view.access
        assert set(kinds) <= {ENTERPRISE, ADMIN, REGULATOR}, rule
        assert scope in SCOPES, rule
        assert kinds or (method, rule) == ("POST", "/enterprises"), f"{method} {rule} is open to anyone"


def test_a_regulator_only_reads(routes):
    """Its key has no scope that writes; of the routes that change something only its own keys are open."""
    for method, rule, view in routes:
        if method != "GET" and (method, rule) not in (*QUESTIONS, PLAN) and REGULATOR in view.access.kinds:
            assert view.access.scope == "admin" and rule.startswith("/api-keys"), f"{method} {rule}"


QUESTIONS = {("POST", "/waste-codes/suggest")}
"""They ask by POST, and write nothing."""
PLAN = ("POST", "/allocations")
"""Asks for a plan, which changes nothing of anybody's."""


def test_only_root_and_docs_stand_outside_the_api(app):
    outside = {rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(API)}

    assert outside == {
        "/healthz", "/readyz", "/metrics", "/openapi.json", "/errors", "/docs", "/docs/", "/docs/<path:path>",
        "/docs/dist/<path:filename>", "/static/<path:filename>",
    } & outside  # fmt: skip
    assert {"/healthz", "/readyz", "/metrics", "/openapi.json", "/errors", "/docs"} <= outside


def test_every_route_asks_for_its_key(app, routes):
    client = app.test_client()
    for method, rule, view in routes:
        if view.access.kinds:
            answer = client.open(API + filled(rule), method=method)
            assert answer.status_code == 401, f"{method} {rule}"


def filled(rule, identity=None):
    """A path of this rule; every id is `identity`, or nobody's."""
    path = PATH_OF_ID.sub(str(identity or uuid4()), rule)
    return path.replace("<scheme>/<path:code>", "cn-hw/900-349-34").replace("<int:version>", "1")


# ---------------------------------------------------------------- samples: every route has a subject


class Samples:
    """One of everything that an id can name, and the people around it."""

    def __init__(self, marketplace):
        self.marketplace, self.admin = marketplace, marketplace.admin
        self.owner = marketplace.enterprise("generator", "recycler", name="绍兴一厂")
        self.partner = marketplace.enterprise("recycler", name="绍兴二厂")
        self.neighbour = marketplace.enterprise("generator", "recycler", name="邻居")
        self.regulator, self.stranger = marketplace.regulator("330600"), marketplace.regulator("310000")
        self.licence = marketplace.licence(self.owner)
        marketplace.licence(self.partner)
        self.supply = marketplace.supply(self.owner)
        self.draft = marketplace.supply(self.owner, publish=False)
        self.demand = marketplace.demand(self.partner)
        sides = {"generator_id": self.owner.id, "receiver_id": self.partner.id}
        channel = {**sides, **POINTED, "use": "制盐", "tonnes_per_year": 5, "approval_number": "1"}
        self.channel = self.made("/channels", channel)
        self.white = self.made(
            "/white-list", {"receiver_id": self.owner.id, **POINTED, "from_province": "310000"}
        )
        self.exemption = self.made("/exemptions", {"enterprise_id": self.owner.id, "item": 1, **POINTED})
        self.search = self.owner.save_search({"code": "HW17"})
        self.exempt = marketplace.demand(self.owner, exemption_item=1)
        self.block = self.made("/credit/blocks", {"enterprise_id": self.partner.id, "reason": "倾倒"})
        keys = self.owner.get("/api-keys").json["items"]
        self.imported = send(self.owner, csv_of(SUPPLY)).json
        marketplace.train()
        asked = {"region": "330600", "from": "2026-12-01", "until": "2026-12-31"}
        self.allocation = self.admin.post("/allocations", asked).json
        self.spare = self.owner.post("/api-keys", {"name": "spare", "scopes": ["read"]}).json
        assert len(keys) == 1

    def made(self, path, body):
        answer = self.admin.post(path, body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def message(self):
        """A message in the owner's inbox."""
        receiver = self.marketplace.recycler()
        self.marketplace.demand(receiver)
        self.marketplace.settle()
        self.marketplace.wait(hours=1)
        return self.owner.get("/notifications").json["items"][0]


@pytest.fixture
def samples(marketplace):
    return Samples(marketplace)


# ---------------------------------------------------------------- neighbours

HIDDEN, FORBIDDEN, SEEN = 404, 403, 200


def neighbours(samples):
    """What a neighbour and the regulator of another region get, by route that takes an id.

    `HIDDEN` is 404, `FORBIDDEN` 403 by the kind of key; `SEEN` is 200 with what everyone may know.
    """
    owner, supply = samples.owner.id, samples.supply["id"]
    pair = f"/listings/{supply}/matches/{samples.demand['id']}"
    licence, channel = samples.licence["id"], samples.channel["id"]
    white, exemption = samples.white["id"], samples.exemption["id"]
    message, block = samples.message()["id"], samples.block["id"]
    search, plan = samples.search["id"], f"/allocations/{samples.allocation['id']}"
    return {
        ("GET", "/enterprises/<uuid:enterprise_id>"): (f"/enterprises/{owner}", SEEN, SEEN),
        ("PATCH", "/enterprises/<uuid:enterprise_id>"): (f"/enterprises/{owner}", HIDDEN, FORBIDDEN),
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): (
            f"/enterprises/{owner}/approve", FORBIDDEN, FORBIDDEN),
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): (
            f"/enterprises/{owner}/suspend", FORBIDDEN, FORBIDDEN),
        ("GET", "/enterprises/<uuid:enterprise_id>/credit"): (f"/enterprises/{owner}/credit", SEEN, SEEN),
        ("GET", "/enterprises/<uuid:enterprise_id>/credit/events"): (
            f"/enterprises/{owner}/credit/events", HIDDEN, HIDDEN),
        ("GET", "/enterprises/<uuid:enterprise_id>/credit/explanation"): (
            f"/enterprises/{owner}/credit/explanation", HIDDEN, HIDDEN),
        ("DELETE", "/api-keys/<uuid:key_id>"): (f"/api-keys/{samples.spare['id']}", HIDDEN, FORBIDDEN),
        ("GET", "/listings/<uuid:listing_id>"): (f"/listings/{samples.draft['id']}", HIDDEN, HIDDEN),
        ("PATCH", "/listings/<uuid:listing_id>"): (f"/listings/{supply}", HIDDEN, FORBIDDEN),
        ("POST", "/listings/<uuid:listing_id>/publish"): (
            f"/listings/{samples.draft['id']}/publish", HIDDEN, FORBIDDEN),
        ("POST", "/listings/<uuid:listing_id>/withdraw"): (
            f"/listings/{supply}/withdraw", HIDDEN, FORBIDDEN),
        ("POST", "/listings/<uuid:listing_id>/exemption-review"): (
            f"/listings/{samples.exempt['id']}/exemption-review", FORBIDDEN, FORBIDDEN),
        ("GET", "/listings/imports/<uuid:import_id>"): (
            f"/listings/imports/{samples.imported['id']}", HIDDEN, FORBIDDEN),
        ("GET", "/listings/<uuid:listing_id>/matches"): (f"/listings/{supply}/matches", HIDDEN, HIDDEN),
        ("GET", "/listings/<uuid:listing_id>/matches/<uuid:other_id>"): (pair, HIDDEN, HIDDEN),
        ("POST", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): (
            f"{pair}/feedback", HIDDEN, FORBIDDEN),
        **{
            ("GET", f"/allocations/<uuid:allocation_id>{part}"): (f"{plan}{part}", FORBIDDEN, HIDDEN)
            for part in ("", "/placements", "/unplaced", "/gaps", "/export")
        },
        ("POST", "/notifications/<uuid:notification_id>/read"): (
            f"/notifications/{message}/read", HIDDEN, FORBIDDEN),
        ("POST", "/notifications/<uuid:notification_id>/not-for-me"): (
            f"/notifications/{message}/not-for-me", HIDDEN, FORBIDDEN),
        ("DELETE", "/notifications/<uuid:notification_id>/not-for-me"): (
            f"/notifications/{message}/not-for-me", HIDDEN, FORBIDDEN),
        ("GET", "/saved-searches/<uuid:search_id>"): (f"/saved-searches/{search}", HIDDEN, FORBIDDEN),
        ("PATCH", "/saved-searches/<uuid:search_id>"): (f"/saved-searches/{search}", HIDDEN, FORBIDDEN),
        ("DELETE", "/saved-searches/<uuid:search_id>"): (f"/saved-searches/{search}", HIDDEN, FORBIDDEN),
        ("GET", "/licences/<uuid:permit_id>"): (f"/licences/{licence}", HIDDEN, HIDDEN),
        ("DELETE", "/licences/<uuid:permit_id>"): (f"/licences/{licence}", FORBIDDEN, FORBIDDEN),
        ("POST", "/licences/<uuid:permit_id>/usage"): (f"/licences/{licence}/usage", FORBIDDEN, FORBIDDEN),
        ("GET", "/channels/<uuid:permit_id>"): (f"/channels/{channel}", HIDDEN, HIDDEN),
        ("DELETE", "/channels/<uuid:permit_id>"): (f"/channels/{channel}", FORBIDDEN, FORBIDDEN),
        ("POST", "/channels/<uuid:permit_id>/usage"): (f"/channels/{channel}/usage", FORBIDDEN, FORBIDDEN),
        ("GET", "/white-list/<uuid:permit_id>"): (f"/white-list/{white}", HIDDEN, HIDDEN),
        ("DELETE", "/white-list/<uuid:permit_id>"): (f"/white-list/{white}", FORBIDDEN, FORBIDDEN),
        ("GET", "/exemptions/<uuid:permit_id>"): (f"/exemptions/{exemption}", HIDDEN, HIDDEN),
        ("DELETE", "/exemptions/<uuid:permit_id>"): (f"/exemptions/{exemption}", FORBIDDEN, FORBIDDEN),
        ("POST", "/credit/blocks/<uuid:block_id>/confirm"): (
            f"/credit/blocks/{block}/confirm", FORBIDDEN, FORBIDDEN),
        ("POST", "/credit/blocks/<uuid:block_id>/lift"): (
            f"/credit/blocks/{block}/lift", FORBIDDEN, FORBIDDEN),
    }  # fmt: skip


PUBLIC = {
    "/enterprises/<uuid:enterprise_id>": {"id", "name", "region", "roles", "grade"},
    "/enterprises/<uuid:enterprise_id>/credit": {"grade"},
}


def test_every_route_that_takes_an_id_has_its_row_of_neighbours(samples, routes):
    table = neighbours(samples)

    assert set(table) == {(method, rule) for method, rule, _ in routes if "<uuid:" in rule}


def test_what_is_not_yours_does_not_exist(samples):
    """Wrong bodies and missing versions change nothing: the door and the look-up come first."""
    for (method, rule), (path, *expected) in neighbours(samples).items():
        for party, status in zip((samples.neighbour, samples.stranger), expected, strict=True):
            body = {"nonsense": True} if method in ("POST", "PATCH", "PUT") else None
            answer = party.call(method, path, json=body)
            assert answer.status_code == status, f"{method} {rule}: {answer.json}"
            if status == SEEN:
                assert set(answer.json) == PUBLIC[rule], rule


def test_nobodys_id_reads_like_a_neighbours(samples):
    for (method, rule), (path, *expected) in neighbours(samples).items():
        for party, status in zip((samples.neighbour, samples.stranger), expected, strict=True):
            if status == HIDDEN:
                answers = [party.call(method, one, json={"a": 1}) for one in (path, filled(rule))]
                for answer in answers:
                    assert {**answer.json, "request_id": None} == {**answers[0].json, "request_id": None}


# ---------------------------------------------------------------- writes


def writes(samples):
    """A right body for every route that changes something: (method, rule) -> (party, path, body)."""
    marketplace, owner, admin = samples.marketplace, samples.owner, samples.admin
    second = marketplace.second_admin()
    message = samples.message()["id"]
    supply, draft, demand = samples.supply["id"], samples.draft["id"], samples.demand["id"]
    to_withdraw = marketplace.supply(owner)["id"]
    pending = marketplace.enterprise("generator", approved=False)
    approved = marketplace.enterprise("generator")
    line = samples.licence["lines"][0]["id"]
    second_licence = marketplace.licence(owner)["id"]
    blocked = samples.made("/credit/blocks", {"enterprise_id": samples.neighbour.id, "reason": "x"})["id"]
    contact = {"name": "王", "email": "a@example.com", "phone": "0575-85000000"}
    new = {"uscc": new_uscc(), "roles": ["generator"], "region": "330602", "contact": contact}
    policy = admin.get("/matching-policy").json
    rules = admin.get("/credit/rules").json
    usage = {"year": 2026, "tonnes": 1}
    channel = {"generator_id": owner.id, "receiver_id": samples.partner.id, **POINTED}
    event_ = {
        "enterprise_id": owner.id,
        "rule": "law.penalty_minor",
        "effective_on": "2026-11-01",
        "note": "x",
    }
    return {
        ("POST", "/enterprises"): (owner, "/enterprises", {**new, "name": "新厂"}),
        ("PATCH", "/enterprises/<uuid:enterprise_id>"): (owner, f"/enterprises/{owner.id}", {"name": "新名"}),
        ("POST", "/enterprises/<uuid:enterprise_id>/approve"): (
            admin, f"/enterprises/{pending.id}/approve", {}),
        ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): (
            admin, f"/enterprises/{approved.id}/suspend", {}),
        ("POST", "/api-keys"): (owner, "/api-keys", {"name": "till", "scopes": ["read"]}),
        ("DELETE", "/api-keys/<uuid:key_id>"): (owner, f"/api-keys/{samples.spare['id']}", None),
        ("POST", "/regulators"): (admin, "/regulators", {"name": "局", "region": "330000"}),
        ("POST", "/waste-codes/suggest"): (owner, "/waste-codes/suggest", {"text": "废机油"}),
        ("POST", "/listings"): (
            owner, "/listings", listing_terms(kind="supply", title="x", waste=ACID)),
        ("POST", "/listings/import"): (owner, "/listings/import", csv_of({**SUPPLY, "数量": "1201"})),
        ("PATCH", "/listings/<uuid:listing_id>"): (owner, f"/listings/{supply}", {"title": "新"}),
        ("POST", "/listings/<uuid:listing_id>/publish"): (owner, f"/listings/{draft}/publish", {}),
        ("POST", "/listings/<uuid:listing_id>/withdraw"): (owner, f"/listings/{to_withdraw}/withdraw", {}),
        ("POST", "/listings/<uuid:listing_id>/exemption-review"): (
            admin, f"/listings/{samples.exempt['id']}/exemption-review",
            {"decision": "accept", "reason": "x"}),
        ("POST", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): (
            owner, f"/listings/{supply}/matches/{demand}/feedback", {"verdict": "not_suitable"}),
        PLAN: (admin, "/allocations", {"region": "330000", "from": "2026-12-01", "until": "2027-03-31"}),
        ("PUT", "/matching-policy"): (admin, "/matching-policy", policy),
        ("PUT", "/notification-preferences"): (owner, "/notification-preferences", {"email": "digest"}),
        ("POST", "/notifications/<uuid:notification_id>/read"): (owner, f"/notifications/{message}/read", {}),
        ("POST", "/notifications/read-all"): (owner, "/notifications/read-all", {}),
        ("POST", "/notifications/<uuid:notification_id>/not-for-me"): (
            owner, f"/notifications/{message}/not-for-me", {"of": "code"}),
        ("DELETE", "/notifications/<uuid:notification_id>/not-for-me"): (
            owner, f"/notifications/{message}/not-for-me", None),
        ("POST", "/saved-searches"): (owner, "/saved-searches", {"name": "酸", "query": {"code": "HW34"}}),
        ("PATCH", "/saved-searches/<uuid:search_id>"): (
            owner, f"/saved-searches/{samples.search['id']}", {"notify": "daily"}),
        ("DELETE", "/saved-searches/<uuid:search_id>"): (
            owner, f"/saved-searches/{owner.save_search({})['id']}", None),
        ("POST", "/licences"): (
            admin, "/licences",
            {"enterprise_id": owner.id, "number": "1", **VALID,
             "lines": [{"scheme": "cn-hw", "code": "HW34", "tonnes_per_year": 5}]}),
        ("DELETE", "/licences/<uuid:permit_id>"): (admin, f"/licences/{second_licence}", None),
        ("POST", "/licences/<uuid:permit_id>/usage"): (
            admin, f"/licences/{samples.licence['id']}/usage", {**usage, "line_id": line}),
        ("POST", "/channels"): (
            admin, "/channels", {**channel, "use": "制盐", "tonnes_per_year": 5, "approval_number": "2"}),
        ("POST", "/channels/<uuid:permit_id>/usage"): (
            admin, f"/channels/{samples.channel['id']}/usage", usage),
        ("DELETE", "/channels/<uuid:permit_id>"): (admin, f"/channels/{samples.channel['id']}", None),
        ("POST", "/white-list"): (
            admin, "/white-list", {"receiver_id": owner.id, **POINTED, "from_province": "320000"}),
        ("DELETE", "/white-list/<uuid:permit_id>"): (admin, f"/white-list/{samples.white['id']}", None),
        ("POST", "/exemptions"): (admin, "/exemptions", {"enterprise_id": owner.id, "item": 2, **POINTED}),
        ("DELETE", "/exemptions/<uuid:permit_id>"): (admin, f"/exemptions/{samples.exemption['id']}", None),
        ("POST", "/credit/events"): (admin, "/credit/events", event_),
        ("PUT", "/credit/rules"): (admin, "/credit/rules", rules),
        ("POST", "/credit/evaluations"): (
            admin, "/credit/evaluations", {"enterprise_id": owner.id, "published_on": "2026-11-01"}),
        ("POST", "/credit/blocks"): (
            admin, "/credit/blocks", {"enterprise_id": approved.id, "reason": "x"}),
        ("POST", "/credit/blocks/<uuid:block_id>/confirm"): (
            second, f"/credit/blocks/{samples.block['id']}/confirm", {}),
        ("POST", "/credit/blocks/<uuid:block_id>/lift"): (
            admin, f"/credit/blocks/{blocked}/lift", {"reason": "x"}),
    }  # fmt: skip


def sent(body):
    """A body as it is sent: a sheet as CSV, all else as JSON."""
    return {"data": body, "content_type": CSV} if isinstance(body, bytes) else {"json": body}


UNWRITTEN = {
    *QUESTIONS, ("POST", "/notifications/<uuid:notification_id>/read"), ("POST", "/notifications/read-all"),
}  # fmt: skip
"""Questions; and a reader's own marks: the row itself says when."""


def audits(marketplace):
    with marketplace.app.app_context():
        return list(db.session.scalars(select(Audit).order_by(Audit.id)))


def test_every_write_has_its_row_and_leaves_an_audit_line(samples, routes):
    table = writes(samples)
    assert set(table) == {(method, rule) for method, rule, _ in routes if method != "GET"}

    for number, ((method, rule), (party, path, body)) in enumerate(table.items()):
        before = len(audits(samples.marketplace))
        mark = f"request-{number:04d}"
        headers = {"If-Match": "*", "X-Request-Id": mark}
        answer = party.call(method, path, **sent(body), headers=headers)
        assert answer.status_code in (200, 201, 202, 204), f"{method} {rule}: {answer.json}"
        lines = audits(samples.marketplace)[before:]
        if (method, rule) in UNWRITTEN:
            continue
        assert lines, f"{method} {rule} leaves no audit line"
        for line in lines:
            assert line.request_id == mark, rule
            assert line.action and line.subject_kind and line.subject_id, rule
            if rule != "/enterprises":
                assert (line.actor_kind, line.actor_id) == who(samples.marketplace, party), rule


def who(marketplace, party):
    """(kind, id) of the actor behind a party's key."""
    with marketplace.app.app_context():
        actor = enterprises.actor_of_key(digest(party.key))
    return actor.kind, actor.id


def test_a_refused_write_leaves_nothing(samples):
    """Every write again with one field too many, or one column: nothing is written, told or audited."""
    table = writes(samples)
    before = contents(samples.marketplace)

    for (method, rule), (party, path, body) in table.items():
        if isinstance(body, bytes):
            sheet = csv_of({**SUPPLY, "colour": "red"})
            answer = party.call(method, path, **sent(sheet), headers={"If-Match": "*"})
            assert (answer.status_code, list(answer.json["errors"])) == (422, ["row 1.colour"]), rule
        elif body is not None and rule not in BODILESS_ELSEWHERE:
            answer = party.call(method, path, json={**body, "colour": "red"}, headers={"If-Match": "*"})
            assert (answer.status_code, list(answer.json["errors"])) == (422, ["colour"]), rule
    assert contents(samples.marketplace) == before


BODILESS_ELSEWHERE = {
    "/notifications/<uuid:notification_id>/read", "/notifications/read-all",
    "/credit/blocks/<uuid:block_id>/confirm",
}  # fmt: skip


def contents(marketplace):
    """How many rows each table holds."""
    with marketplace.app.app_context():
        return {
            table.name: db.session.scalar(text(f"SELECT count(*) FROM {table.name}"))
            for table in Base.metadata.sorted_tables
        }


# ---------------------------------------------------------------- queues and scheduler


def test_every_queue_that_a_task_needs_has_a_worker(app):
    assert queues() == set(supervisor.QUEUES)
    units = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    for queue in queues():
        assert re.search(rf"marketplace\.worker[^\n]*\b{queue}\b", units), (
            f"compose.yaml has no {queue} worker"
        )


def test_every_event_that_is_subscribed_to_is_told_somewhere():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "marketplace").rglob("*.py"))
    for name in SUBSCRIPTIONS:
        assert source.count(f'"{name}"') > 1, f"nobody tells of {name}"
    assert {move.event for move in LISTING_LIFE.moves if move.event} <= set(SUBSCRIPTIONS)


def test_every_life_cycle_is_registered_and_drawn():
    tables = {
        id(value)
        for path in (ROOT / "marketplace").glob("*/models.py")
        for value in vars(importlib.import_module(f"marketplace.{path.parent.name}.models")).values()
        if isinstance(value, LifeCycle)
    }
    assert tables == {id(life.table) for life in lives.LIVES}, "add the life cycle to LIVES in lives.py"
    page = (ROOT / "docs" / "lives.md").read_text(encoding="utf-8")
    assert page == lives.page(), "run `flask --app wsgi lives`"


@pytest.mark.parametrize("life", lives.LIVES, ids=lambda life: life.model.__tablename__)
def test_a_life_cycle_is_whole(life):
    """Every state can be reached, moves are unambiguous, and the scheduler knows each time-out."""
    moves = life.table.moves
    assert len({(move.name, move.source) for move in moves}) == len(moves)
    assert isinstance(getattr(life.model, life.table.column), property | InstrumentedAttribute)
    reached = {life.table.initial}
    for _ in moves:
        reached |= {move.target for move in moves if move.source in reached}
    assert reached >= {move.source for move in moves}
    made = {timeout.name for timeout in lives.TIMEOUTS if timeout.life is life.table}
    timed = {move.name for move in moves if move.after}
    assert made == timed, "add a TimeOut to TIMEOUTS in lives.py for each move with after="


def test_a_status_changes_through_its_life_cycle_only():
    """Neither an assignment nor a bulk update writes a state; `LIFE.move` and `LIFE.values` do."""
    columns = {life.table.column for life in lives.LIVES}
    for path in sorted((ROOT / "marketplace").rglob("*.py")):
        if path.name == "lifecycle.py" or path.parent.name == "http":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                assert node.attr not in columns, f"{place}: move the row by LIFE.move"
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "values":
                written = {keyword.arg for keyword in node.keywords}
                for argument in node.args:
                    keys = argument.keys if isinstance(argument, ast.Dict) else []
                    written |= {key.value for key in keys if isinstance(key, ast.Constant)}
                assert written.isdisjoint(columns), f"{place}: take the new state from LIFE.values"


def test_every_function_in_jobs_is_a_periodic_job_or_a_task():
    """A job that no table names never runs."""
    tasks = {task_type.name for task_type in TASKS}
    periodic = [job.name for job in scheduler.PERIODIC_JOBS]
    assert len(periodic) == len(set(periodic))
    written = {
        f"{path.parent.name}.jobs.{name}"
        for path in (ROOT / "marketplace").glob("*/jobs.py")
        for name in re.findall(r"^def ([a-z]\w*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert written - {"events.jobs.run"} == tasks | set(periodic) - {"lives.make_overdue_moves"}, (
        "name each function of jobs.py in TASKS of subscriptions.py or in PERIODIC_JOBS of scheduler.py"
    )
    assert tasks.isdisjoint(periodic)


# ---------------------------------------------------------------- tables


def alembic_on(url):
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def test_migrations_go_up_down_and_up_again_and_say_what_the_models_say(fresh_database):
    config = alembic_on(fresh_database)
    alembic.downgrade(config, "base")
    engine = create_engine(fresh_database)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    with engine.connect() as connection:
        left = connection.scalars(
            text("SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'")
        ).all()
        assert left == []

    alembic.upgrade(config, "head")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    alembic.downgrade(config, "base")
    alembic.upgrade(config, "head")
    engine.dispose()


def test_every_constraint_and_index_has_a_name_by_the_convention(app):
    with app.app_context():
        seen = inspect(db.engine)
        for table in seen.get_table_names():
            if table == "alembic_version":
                continue
            names = [seen.get_pk_constraint(table)["name"]]
            assert names == [f"pk_{table}"]
            for one in seen.get_foreign_keys(table):
                assert one["name"] == f"fk_{table}_{'_'.join(one['constrained_columns'])}"
            for one in seen.get_unique_constraints(table):
                assert one["name"] == f"uq_{table}_{'_'.join(one['column_names'])}"
            for one in seen.get_check_constraints(table):
                assert one["name"].startswith(f"ck_{table}_"), one["name"]
            for one in seen.get_indexes(table):
                if not one.get("duplicates_constraint"):
                    assert one["name"].startswith("ix_"), one["name"]


# ---------------------------------------------------------------- statements


def statements(marketplace, call):
    """How many SQL statements a call takes."""
    with marketplace.app.app_context():
        engine = db.engine
    seen = []

    def count(*args):
        seen.append(args[2])

    event.listen(engine, "before_cursor_execute", count)
    try:
        answer = call()
        assert answer.status_code == 200
        answer.get_data()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(seen)


STATEMENTS = {
    "/waste-codes": 4,
    "/waste-codes/<scheme>/<path:code>": 4,
    "/regions": 2,
    "/enterprises": 2,
    "/enterprises/me": 2,
    "/enterprises/<uuid:enterprise_id>": 2,
    "/api-keys": 2,
    "/licences": 5,
    "/licences/<uuid:permit_id>": 5,
    "/channels": 4,
    "/channels/<uuid:permit_id>": 4,
    "/white-list": 3,
    "/white-list/<uuid:permit_id>": 3,
    "/exemptions": 3,
    "/exemptions/<uuid:permit_id>": 3,
    "/listings": 8,
    "/listings/template.xlsx": 2,
    "/listings/export": 8,
    "/listings/imports/<uuid:import_id>": 2,
    "/listings/<uuid:listing_id>": 5,
    "/listings/<uuid:listing_id>/matches": 10,
    "/listings/<uuid:listing_id>/matches/<uuid:other_id>": 10,
    "/findings": 2,
    "/allocations": 2,
    "/allocations/<uuid:allocation_id>": 5,
    "/allocations/<uuid:allocation_id>/placements": 8,
    "/allocations/<uuid:allocation_id>/unplaced": 6,
    "/allocations/<uuid:allocation_id>/gaps": 5,
    "/allocations/<uuid:allocation_id>/export": 8,
    "/matching-policy": 2,
    "/matching-policy/presets": 1,
    "/ranking-models": 2,
    "/ranking-models/<int:version>": 2,
    "/notifications": 2,
    "/notification-preferences": 3,
    "/saved-searches": 2,
    "/saved-searches/<uuid:search_id>": 2,
    "/enterprises/<uuid:enterprise_id>/credit": 4,
    "/enterprises/<uuid:enterprise_id>/credit/explanation": 5,
    "/enterprises/<uuid:enterprise_id>/credit/events": 3,
    "/credit/rules": 2,
    "/credit/blocks": 2,
}
"""SQL statements that each route reads by, the key's own look-up included."""


def test_no_route_reads_by_another_number_of_statements(samples, routes):
    """Each is asked once before it is counted, so that what a process keeps is kept."""
    paths = {rule: path for (method, rule), (path, *_) in neighbours(samples).items() if method == "GET"}
    counted = {}
    for method, rule, view in routes:
        if method == "GET":
            party = samples.owner if ENTERPRISE in view.access.kinds else samples.admin
            path = paths.get(rule, filled(rule))
            party.get(path)
            counted[rule] = statements(samples.marketplace, lambda party=party, path=path: party.get(path))
    assert counted == STATEMENTS


def test_no_list_takes_more_statements_for_more_rows(marketplace):
    owner, receiver = marketplace.enterprise("generator", "recycler"), marketplace.enterprise("recycler")

    def grow():
        party = marketplace.recycler()
        for holder in (party, receiver):
            marketplace.demand(
                holder, accepts=[{"scheme": "cn-hw", "code": "HW34"}, {"scheme": "cn-hw", "code": "HW17"}]
            )
        marketplace.licence(receiver)
        marketplace.licence(receiver, "HW17")
        marketplace.supply(owner)
        receiver.post("/api-keys", {"name": "n", "scopes": ["read"]})
        receiver.save_search({"code": "HW34"})
        marketplace.credit_event(owner, "manifest.late_close")
        channel = {"generator_id": owner.id, "receiver_id": receiver.id, **POINTED}
        more = {"use": "制盐", "tonnes_per_year": 5, "approval_number": "2"}
        assert marketplace.admin.post("/channels", {**channel, **more}).status_code == 201

    def taken():
        supply = owner.get("/listings", mine=True, kind="supply").json["items"][0]["id"]
        calls = {
            "listings": lambda: owner.get("/listings", limit=100),
            "matches": lambda: owner.get(f"/listings/{supply}/matches", limit=100),
            "licences": lambda: receiver.get("/licences", limit=100),
            "channels": lambda: receiver.get("/channels", limit=100),
            "enterprises": lambda: marketplace.admin.get("/enterprises", limit=100),
            "searches": lambda: receiver.get("/saved-searches", limit=100),
            "keys": lambda: receiver.get("/api-keys", limit=100),
            "events": lambda: owner.get(f"/enterprises/{owner.id}/credit/events", limit=100),
            "codes": lambda: owner.get("/waste-codes", category="HW34", limit=100),
            "few codes": lambda: owner.get("/waste-codes", category="HW34", limit=2),
        }
        return {name: statements(marketplace, call) for name, call in calls.items()}

    grow()
    taken()  # the first question builds the index
    grow()
    few = taken()
    for _ in range(3):
        grow()
    assert taken() == few
    assert few["codes"] == few["few codes"]
    assert max(few.values()) <= 20


# ---------------------------------------------------------------- source


def test_no_page_or_template_fetches_anything_from_outside():
    outside = re.compile(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//(?!\{)""")
    for path in (ROOT / "marketplace").rglob("*"):
        if path.suffix in (".html", ".txt", ".j2", ".css", ".js", ".svg"):
            assert not outside.search(path.read_text(encoding="utf-8")), path


def test_nothing_in_the_rooms_asks_the_system_for_the_time():
    told = re.compile(r"datetime\.now\(|date\.today\(|datetime\.utcnow\(|time\.time\(")
    for path in (ROOT / "marketplace").glob("*/*.py"):
        assert not told.search(path.read_text(encoding="utf-8")), f"{path} must ask marketplace.clock"


def test_a_room_has_files_of_the_agreed_names_only():
    agreed = {"__init__.py", "models.py", "schemas.py", "service.py", "routes.py", "jobs.py"}
    for room in ("catalogue", "enterprises", "licences", "listings", "credit"):
        assert {path.name for path in (ROOT / "marketplace" / room).glob("*.py")} <= agreed


def test_the_catalogue_marks_what_may_not_be_traded(app):
    with app.app_context():
        untradable = db.session.scalars(select(WasteCode.code).where(~WasteCode.tradable)).all()
    assert untradable and all(code == "HW01" or code.endswith("-01") for code in untradable)
