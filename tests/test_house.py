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
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.orm import InstrumentedAttribute

from marketplace import lives, scheduler, supervisor
from marketplace.application import ROOMS
from marketplace.catalogue.models import WasteCode
from marketplace.database import Base, db
from marketplace.enterprises import service as enterprises
from marketplace.events.actor import ADMIN, ENTERPRISE, REGULATOR, SCOPES
from marketplace.events.lifecycle import LifeCycle
from marketplace.events.models import Audit
from marketplace.events.registry import TaskType, queues
from marketplace.http.authentication import digest
from marketplace.http.documents import SIGNATURES
from marketplace.http.openapi.document import operations
from marketplace.listings.models import LIFE as LISTING_LIFE
from marketplace.subscriptions import SUBSCRIPTIONS, TASKS
from tests.cases import BY_ROOM, HIDDEN, VISIBLE, cases_of, file_of, united
from tests.counting import count_statements
from tests.listings.sheets import CSV, SUPPLY, csv_of

MATCHES = "/listings/<uuid:listing_id>/matches"
ROOT = Path(__file__).resolve().parent.parent
API = "/api/v1"
PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?\w+>")


@pytest.fixture(scope="module")
def routes(app):
    return routes_of(app)


def routes_of(app):
    """(method, rule, view) of every route of the API."""
    return [
        (method, rule.rule.removeprefix(API), app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(API)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def hold_rows(table, routes, name, row):
    """Every route has its row in a table of its room's cases, and every row its route.

    Args:
        table: the rows of all rooms, by route.
        routes: (method, rule, view) of the routes that need a row.
        name: the table's name in `Cases`.
        row: what a row looks like.
    """
    for method, rule, view in routes:
        place = f"`{name}` in {cases_file(view)}"
        assert (method, rule) in table, f"{method} {rule} has no row: add {row} to {place}"
    gone = sorted(table.keys() - {(method, rule) for method, rule, _ in routes})
    assert not gone, f"no such route: remove {gone} from `{name}` in tests/<room>/cases.py"


def cases_file(view):
    """The file with the cases of a view's room."""
    return file_of(view.__module__.split(".")[1])


def show():
    """A view of a room."""


show.__module__ = "marketplace.laundries.routes"


def test_a_route_without_its_row_fails_with_what_to_add_and_where():
    with pytest.raises(
        AssertionError, match=r"GET /suds has no row: add its path to `neighbours` in tests/laund"
    ):
        hold_rows({}, [("GET", "/suds", show)], "neighbours", "its path")
    with pytest.raises(
        AssertionError, match=r"no such route: remove \[\('GET', '/suds'\)\] from `neighbours`"
    ):
        hold_rows({("GET", "/suds"): "/suds"}, [], "neighbours", "its path")
    with pytest.raises(
        AssertionError, match=r"has no cases: add tests/laundries/cases\.py with CASES = Cases"
    ):
        cases_of("laundries")


# ---------------------------------------------------------------- access


KEYLESS = {
    "/waste-codes",
    "/waste-codes/<scheme>/<path:code>",
    "/waste-codes/suggest",
    "/regions",
    "/privacy-notice",
}
"""Open to calls without a key, limited by address."""
OPEN = {
    ("POST", "/enterprises"),
    ("POST", "/enterprises/prove"),
    ("GET", "/enterprises/prove/<token>"),
    ("POST", "/enterprises/prove/<token>"),
    ("POST", "/enterprises/recover"),
    ("POST", "/enterprises/recover/confirm"),
    ("GET", "/verify/<token>"),
    ("GET", "/credit/board"),
    ("GET", "/credit/red-list"),
    ("GET", "/figures"),
    ("POST", "/members"),
    ("POST", "/access-resets/use"),
}
"""Routes for those who have no key, or none yet; each is limited by address."""


def test_every_route_declares_who_may_call_it(routes):
    assert len(routes) > 50
    for method, rule, view in routes:
        kinds, scope, keyless = view.access
        assert set(kinds) <= {ENTERPRISE, ADMIN, REGULATOR}, rule
        assert scope in SCOPES, rule
        assert not keyless or rule in KEYLESS, f"{method} {rule} is open to callers without a key"
        assert kinds or (method, rule) in OPEN, f"{method} {rule} is open to anyone"


def test_every_route_says_what_it_does(routes):
    for method, rule, view in routes:
        declared = view._apidoc.get("manual_doc", {})
        assert view.__doc__ or "summary" in declared, (
            f"{method} {rule}: give the view {view.__name__} in {view.__module__} a docstring"
        )


def test_a_regulator_only_reads(routes):
    """Its key has no scope that writes; of the routes that change something only its own keys are open."""
    allowed = united("questions") | united("regulated")
    for method, rule, view in routes:
        if method != "GET" and (method, rule) not in allowed and REGULATOR in view.access.kinds:
            assert view.access.scope == "admin", f"{method} {rule}"
            assert rule.startswith("/api-keys"), f"{method} {rule}"


def test_only_operations_docs_and_pages_are_outside_the_api(app):
    outside = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(API)]

    assert {rule.rule for rule in outside if not rule.endpoint.startswith("console.")} == {
        "/healthz", "/readyz", "/version", "/metrics", "/openapi.json", "/errors",
        "/docs", "/docs/", "/docs/<path:path>",
        "/verify/<token>",
    }  # fmt: skip


def test_every_route_requires_a_key(app, routes):
    client = app.test_client()
    for method, rule, view in routes:
        if view.access.kinds and not view.access.keyless:
            response = client.open(API + filled(rule), method=method)
            assert response.status_code == 401, f"{method} {rule}"


def filled(rule, identity=None):
    """A path of this rule that names nothing: every UUID is `identity` or nobody's."""
    values = {"uuid": str(identity or uuid4()), "int": "1"}
    return PARAMETER.sub(lambda found: values.get(found["kind"], "none"), rule)


# ---------------------------------------------------------------- neighbours


def test_every_route_that_takes_an_id_has_its_row_of_neighbours(samples, routes):
    taking_ids = [route for route in routes if "<uuid:" in route[1]]
    row = "(its path, what a neighbour gets, what the regulator of another region gets)"
    hold_rows(united("neighbours", samples), taking_ids, "neighbours", row)


def test_what_is_not_yours_does_not_exist(samples):
    """Wrong bodies and missing versions change nothing: the door and the look-up come first."""
    for (method, rule), (path, *expected) in united("neighbours", samples).items():
        for party, status in zip((samples.neighbour, samples.stranger), expected, strict=True):
            body = {"nonsense": True} if method in ("POST", "PATCH", "PUT") else None
            response = party.call(method, path, json=body)
            assert response.status_code == status, f"{method} {rule}: {response.json}"
            if status == VISIBLE:
                assert set(response.json) == united("public")[rule], rule


def test_an_unknown_id_reads_like_a_neighbours(samples):
    for (method, rule), (path, *expected) in united("neighbours", samples).items():
        for party, status in zip((samples.neighbour, samples.stranger), expected, strict=True):
            if status == HIDDEN:
                responses = [party.call(method, place, json={"a": 1}) for place in (path, filled(rule))]
                for response in responses:
                    assert {**response.json, "request_id": None} == {**responses[0].json, "request_id": None}


# ---------------------------------------------------------------- writes


def sent(body):
    """A body as it is sent: a file as what it is, a sheet as CSV, all else as JSON."""
    if not isinstance(body, bytes):
        return {"json": body}
    return {"data": body, "content_type": kind_of_file(body) or CSV}


def kind_of_file(body):
    """The media type of a PDF or a picture; None of anything else."""
    starts = SIGNATURES.items() if isinstance(body, bytes) else ()
    return next((kind for kind, start in starts if body.startswith(start)), None)


def audits(marketplace, after=0):
    """The audit lines whose numbers are above `after`."""
    with marketplace.app.app_context():
        return list(db.session.scalars(select(Audit).where(Audit.id > after).order_by(Audit.id)))


def last_audit(marketplace):
    """The number of the latest audit line."""
    with marketplace.app.app_context():
        return db.session.scalar(select(func.max(Audit.id)))


def test_every_write_has_its_row_and_leaves_an_audit_line(samples, routes):
    table = united("writes", samples)
    writing = [route for route in routes if route[0] != "GET"]
    hold_rows(table, writing, "writes", "(who calls it, its path, a correct body)")
    unaudited, actors = united("questions") | united("unaudited"), {}

    for number, ((method, rule), (party, path, body)) in enumerate(table.items()):
        before = last_audit(samples.marketplace)
        mark = f"request-{number:04d}"
        headers = {"If-Match": "*", "X-Request-Id": mark}
        if party.key not in actors:  # before it writes, which may end the key
            actors[party.key] = who(samples.marketplace, party)
        response = party.call(method, path, **sent(body), headers=headers)
        assert response.status_code in (200, 201, 202, 204), f"{method} {rule}: {response.json}"
        lines = audits(samples.marketplace, before)
        if (method, rule) in unaudited:
            continue
        assert lines, f"{method} {rule} leaves no audit line"
        for line in lines:
            assert line.request_id == mark, rule
            assert all((line.action, line.subject_kind, line.subject_id)), rule
            if rule != "/enterprises":
                assert (line.actor_kind, line.actor_id) == actors[party.key], rule


def who(marketplace, party):
    """(kind, id) of the actor behind a party's key."""
    with marketplace.app.app_context():
        actor = enterprises.actor_of_key(digest(party.key))
    return actor.kind, actor.id


def test_a_refused_write_leaves_nothing(samples):
    """Every write again with one field too many, or one column: nothing is written, emitted or audited."""
    table = united("writes", samples)
    before = contents(samples.marketplace)

    for (method, rule), (party, path, body) in table.items():
        if kind_of_file(body):
            response = party.call(method, path, **sent(body[:8]))
            assert (response.status_code, list(response.json["errors"])) == (422, ["file"]), rule
        elif isinstance(body, bytes):
            sheet = csv_of({**SUPPLY, "colour": "red"})
            response = party.call(method, path, **sent(sheet), headers={"If-Match": "*"})
            assert (response.status_code, list(response.json["errors"])) == (422, ["row 1.colour"]), rule
        elif body is not None and (method, rule) not in united("without_fields"):
            response = party.call(method, path, json={**body, "colour": "red"}, headers={"If-Match": "*"})
            faulty = list(response.json.get("errors", ()))
            assert (response.status_code, faulty) == (422, ["colour"]), (rule, response.json)
    assert contents(samples.marketplace) == before


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


def test_every_event_that_is_subscribed_to_is_emitted_somewhere():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "marketplace").rglob("*.py"))
    for name in SUBSCRIPTIONS:
        assert source.count(f'"{name}"') > 1, f"nothing emits {name}"
    assert {move.event for move in LISTING_LIFE.moves if move.event} <= set(SUBSCRIPTIONS)


def test_every_life_cycle_is_registered_and_drawn():
    tables = {
        id(value)
        for room in (path.name for path in (ROOT / "marketplace").iterdir())
        if list((ROOT / "marketplace" / room).glob("models*"))
        for value in vars(importlib.import_module(f"marketplace.{room}.models")).values()
        if isinstance(value, LifeCycle)
    }
    assert tables == {id(life.table) for life in lives.LIVES}, "add the life cycle to LIVES in lives.py"
    page = (ROOT / "docs" / "lives.md").read_text(encoding="utf-8")
    assert page == lives.page(), "run `flask --app wsgi lives`"


@pytest.mark.parametrize("life", lives.LIVES, ids=lambda life: life.model.__tablename__)
def test_a_life_cycle_is_complete(life):
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
        source = path.read_text(encoding="utf-8")
        if not any(f".{name}" in source for name in (*columns, "values")):
            continue
        for node in ast.walk(ast.parse(source)):
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
    beside = (function for task_type in TASKS for function in (task_type.many, task_type.prepare) if function)
    tasks |= {TaskType(function, "").name for function in beside}
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
    """Up they went when the template was made, whose catalogue is in the way down."""
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
        differences = compare_metadata(context, Base.metadata)
    assert not differences, f"add a migration to migrations/versions that makes this so: {differences}"
    engine.dispose()


def test_every_constraint_and_index_has_a_name_by_the_convention(app):
    with app.app_context():
        seen = inspect(db.engine)
        for table in seen.get_table_names():
            if table == "alembic_version":
                continue
            names = [seen.get_pk_constraint(table)["name"]]
            assert names == [f"pk_{table}"]
            for key in seen.get_foreign_keys(table):
                assert key["name"] == f"fk_{table}_{'_'.join(key['constrained_columns'])}"
            for constraint in seen.get_unique_constraints(table):
                assert constraint["name"] == f"uq_{table}_{'_'.join(constraint['column_names'])}"
            for constraint in seen.get_check_constraints(table):
                assert constraint["name"].startswith(f"ck_{table}_"), constraint["name"]
            for index in seen.get_indexes(table):
                if not index.get("duplicates_constraint"):
                    assert index["name"].startswith("ix_"), index["name"]


# ---------------------------------------------------------------- statements


def statements(party, path, **query):
    """How many SQL statements a GET takes."""
    with count_statements() as sent:
        response = party.get(path, **query)
        response.get_data()
    assert response.status_code == 200, path
    return len(sent)


def read_paths(samples, routes):
    """Rule -> path of every GET."""
    neighbours = united("neighbours", samples)
    paths = {rule: path for (method, rule), (path, *_) in neighbours.items() if method == "GET"}
    paths |= united("paths", samples)
    for method, rule, view in routes:
        if method == "GET" and rule not in paths:
            assert "<" not in rule, f"add the path of {rule} to `paths` in {cases_file(view)}"
            paths[rule] = rule
    return paths


def test_every_route_reads_by_its_stated_number_of_statements(samples, routes):
    """Each is asked once before it is counted, so that what a process keeps is kept."""
    expected = united("statements")
    reading = [route for route in routes if route[0] == "GET"]
    table = {("GET", rule): count for rule, count in expected.items()}
    hold_rows(table, reading, "statements", "its number of SQL statements")
    paths, readers = read_paths(samples, routes), united("readers", samples)
    counted = {}
    for method, rule, view in routes:
        if method == "GET":
            owner = samples.owner if ENTERPRISE in view.access.kinds else samples.admin
            party = readers.get(rule) or owner
            party.get(paths[rule])
            counted[rule] = statements(party, paths[rule])
    assert counted == expected


def test_the_twenty_most_used_reads_are_named_with_their_statements():
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `GET (\S+)` \| (\d+) \|", page, re.MULTILINE)
    expected = united("statements")
    assert {rule: int(count) for rule, count in rows} == {rule: expected[rule] for rule, _ in rows}
    assert len(rows) == 20


def paged_rules(app):
    """Rules of the GETs that take `limit`."""
    rules = {rule.endpoint: rule.rule.removeprefix(API) for rule in app.url_map.iter_rules()}
    return [
        rules[operation["operationId"]]
        for verb, _, operation in operations(app.test_client().get("/openapi.json").json)
        if verb == "get" and any(part.get("name") == "limit" for part in operation.get("parameters", ()))
    ]


VERIFIED = "/credit/ledger/verify"
"""It takes fewer statements once what there is has been verified."""


def test_no_route_takes_more_statements_for_more_rows(samples, routes):
    """Every GET, by each kind of key that may; what grows is in `grow` of the rooms' cases.

    What a route takes is stated for one kind of key; another kind is asked before and after.
    """
    paths, readers = read_paths(samples, routes), united("readers", samples)
    paged, expected = paged_rules(samples.marketplace.app), united("statements")
    stated, others = [], []
    for method, rule, view in routes:
        kinds = [kind for kind in (ENTERPRISE, ADMIN) if kind in view.access.kinds]
        if method == "GET":
            stated += [(kind, rule) for kind in kinds[:1] if rule != VERIFIED]
            others += [(kind, rule) for kind in kinds if (kind, rule) not in stated]

    def grow():
        for cases in BY_ROOM.values():
            cases.grow(samples)

    def counted(asked):
        samples.owner.get(paths[MATCHES])  # whoever asks first applies to the index what has changed
        counts = {}
        for kind, rule in asked:
            party = readers.get(rule, samples.owner if kind == ENTERPRISE else samples.admin)
            query = {"limit": 100} if rule in paged else {}
            counts[kind, rule] = statements(party, paths[rule], **query)
        return counts

    grow()
    counted(stated)  # what a process keeps is kept
    few = {route: expected[route[1]] for route in stated} | counted(others)
    grow()
    assert counted(few) == few
    few = {route: number for route, number in few.items() if route[1] != "/enterprises/me/export"}
    assert max(few.values()) <= 20, (
        "a copy of everything reads each table once; nothing else may take so many"
    )


# ---------------------------------------------------------------- source


def test_no_page_or_template_fetches_anything_from_outside():
    outside = re.compile(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//(?!\{)""")
    for path in (ROOT / "marketplace").rglob("*"):
        if path.suffix in (".html", ".txt", ".j2", ".css", ".js", ".svg"):
            assert not outside.search(path.read_text(encoding="utf-8")), path


def test_nothing_in_the_rooms_asks_the_system_for_the_time():
    system_time = re.compile(r"datetime\.now\(|date\.today\(|datetime\.utcnow\(|time\.time\(")
    for path in (ROOT / "marketplace").glob("*/**/*.py"):
        assert not system_time.search(path.read_text(encoding="utf-8")), f"{path} must ask marketplace.clock"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_files_of_the_agreed_names_only(room):
    agreed = {"__init__.py", "models.py", "schemas.py", "service.py", "routes.py", "jobs.py", "commands.py"}
    found = {path.name for path in (ROOT / "marketplace" / room).iterdir()} - {"__pycache__"}

    assert found <= agreed | {"models", "schemas", "service"}, (
        f"a room has only these files: {', '.join(sorted(agreed))}"
    )
    assert len({"service", "service.py"} & found) == 1, f"{room}: service.py, or a folder of verbs"
    for name in ("models", "schemas"):
        assert len({name, f"{name}.py"} & found) <= 1, f"{room}: {name}.py, or a folder of subjects"


def test_every_folder_with_routes_is_a_room():
    folders = {path.parent.name for path in (ROOT / "marketplace").glob("*/routes.py")}

    assert folders == set(ROOMS), "a new room is one line in ROOMS of marketplace/application.py"


def test_the_catalogue_marks_what_may_not_be_traded(app):
    with app.app_context():
        untradable = db.session.scalars(select(WasteCode.code).where(~WasteCode.tradable)).all()
    assert untradable
    assert all(code == "HW01" or code.endswith("-01") for code in untradable)
