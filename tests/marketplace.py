"""The marketplace as tests use it: enterprises with keys, listings, permits, and a clock that they set.

All that a test is about goes over HTTP to the real application on a real database; `settle()` does what the
queue, the workers and the scheduler would do, in this process, at the time that the test has set.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import (
    Connection,
    NullPool,
    bindparam,
    create_engine,
    delete,
    event,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError
from stdnum.cn import uscc

from marketplace import clock, embedded, scheduler
from marketplace.boards import jobs as boards
from marketplace.database import db
from marketplace.embedded.address import SUPERUSER
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import Enterprise
from marketplace.enterprises.schemas import RegistrationSchema
from marketplace.events import service as events
from marketplace.events.actor import ADMIN, PLATFORM
from marketplace.events.jobs import relay
from marketplace.events.models import Event, Task, TaskStatus
from marketplace.events.work import unit_of_work
from marketplace.http import recent
from marketplace.http.authentication import digest
from marketplace.licences import jobs as licences
from marketplace.matches import service as matches
from marketplace.matches.jobs import enqueue_nightly_training
from marketplace.statements import Statement

NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
"""12:00 in Shaoxing."""
TODAY = date(2026, 12, 1)
SHAOXING = {"lon": 120.58, "lat": 30.03, "crs": "wgs84"}
ACID = {"scheme": "cn-hw", "code": "900-349-34"}
KEPT = (
    "legal_basis", "scheme", "waste_code", "crosswalk", "region", "outline_ring", "outline_source",
    "treatment", "exemption_item", "reference_version",
    "alembic_version", "matching_policy", "credit_rule_table", "manifest_deadline", "weight_tolerance",
    "credit_remedy_term",
    "appeal_deadline", "credit_publication_term",
    "inspection_item", "inspection_policy",
    "reporting_term",
    "early_warning_term",
)  # fmt: skip
EMPTIED = """
    SELECT t.tablename, s.relname FROM pg_tables t
    LEFT JOIN (pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'i' AND s.relkind = 'S')
           ON d.refobjid = t.tablename::regclass
    WHERE t.schemaname = 'public' AND t.tablename <> ALL (:kept)
"""
"""Tables, each with the sequence that numbers its rows."""
WRITTEN_BY_TESTS = (
    "waste_code WHERE unlisted AND level = 'code'",
    "matching_policy WHERE version > 1",
    "credit_rule_table WHERE version > 2",
)
"""Rows of the kept tables that earlier tests wrote."""
FORGET = """
    WITH gone AS (DELETE FROM {rows} RETURNING 1)
    UPDATE reference_version SET no = no + 1 WHERE EXISTS(SELECT FROM gone)
"""
"""No trigger sees it: triggers are off meanwhile."""
NUMBER_MODELS = "UPDATE reference_version SET no = no + 1 WHERE EXISTS(SELECT FROM ranking_model)"
"""Nor this: before models are deleted, and after they are put back."""
EMPTY_ALL = """
    CREATE FUNCTION pg_temp.empty_all() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {}; END $$
"""
EMPTYING, LATEST = "emptying", "latest marketplace"
OFTEN_S = 60.0
DEAR = (boards.update_entries, licences.note_expired)
"""Jobs of every minute that were more than half of what a `settle` costs: they wait for their minute."""
DUE_TASKS = Statement(
    select(Task.id)
    .where(Task.status == TaskStatus.PENDING, Task.due_at <= bindparam("now"))
    .order_by(Task.id)
)
_numbers = itertools.count(1)


def new_uscc() -> str:
    """A USCC nobody has, with a right check digit."""
    stem = f"91330600{next(_numbers):09d}"
    return stem + uscc.calc_check_digit(stem)


@dataclass(frozen=True)
class Party:
    """Someone with a key: an enterprise, an admin, a regulator."""

    marketplace: "Marketplace"
    key: str
    id: str | None = None
    number: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """Any request; returns the werkzeug response."""
        headers = {**self.headers, **kwargs.pop("headers", {})}
        if (body := kwargs.pop("json", None)) is not None:  # as a caller would write it, NaN and all
            kwargs |= {"data": json.dumps(body, default=str), "content_type": "application/json"}
        return self.marketplace.client.open(f"/api/v1{path}", method=method, headers=headers, **kwargs)

    def get(self, path: str, **query: Any) -> Any:
        """A path, which may have a query of its own, with a further query."""
        path, _, own = path.partition("?")
        return self.call("GET", path, query_string={**dict(parse_qsl(own)), **query})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (
            self.call("POST", path, json=body, headers=named) if body is not None else self.call("POST", path)
        )

    def patch(self, path: str, body: Any, if_match: str | None = "*") -> Any:
        return self.call("PATCH", path, json=body, headers={"If-Match": if_match} if if_match else {})

    def put(self, path: str, body: Any, if_match: str | None = "*") -> Any:
        return self.call("PUT", path, json=body, headers={"If-Match": if_match} if if_match else {})

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)

    def feedback(self, mine: dict[str, Any], theirs: dict[str, Any], verdict: str) -> dict[str, Any]:
        """Say "interested" or "not_suitable" of a pairing; returns the API's response."""
        response = self.post(f"/listings/{mine['id']}/matches/{theirs['id']}/feedback", {"verdict": verdict})
        assert response.status_code == 200, response.json
        return response.json

    def pairing(self, mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
        """A pairing explained to the owner of `mine`."""
        response = self.get(f"/listings/{mine['id']}/matches/{theirs['id']}")
        assert response.status_code == 200, response.json
        return response.json

    def prefer(self, **preferences: Any) -> None:
        """Set the notification preferences; what is not named is the default."""
        response = self.put("/notification-preferences", {"email": "immediate", **preferences})
        assert response.status_code == 200, response.json

    def save_search(self, query: dict[str, Any], **about: Any) -> dict[str, Any]:
        """Save a search; returns the API's response."""
        response = self.post("/saved-searches", {"name": "酸", "query": query, **about})
        assert response.status_code == 201, response.json
        return response.json

    def not_for_me(self, message: dict[str, Any], **body: str) -> dict[str, Any]:
        """Say "not for me" of a message; returns the API's response."""
        response = self.post(f"/notifications/{message['id']}/not-for-me", body)
        assert response.status_code == 200, response.json
        return response.json

    def standing(self) -> dict[str, Any]:
        """The enterprise's own credit."""
        return self.get(f"/enterprises/{self.id}/credit").json

    def inbox(self, kind: str = "match.found") -> list[dict[str, Any]]:
        """Released messages of a kind, first released first."""
        items = self.get("/notifications", limit=100).json["items"]
        return [message for message in reversed(items) if message["kind"] == kind]


@contextmanager
def as_owner(app: Flask) -> Iterator[Connection]:
    """A transaction of the owner of the tables, who alone may change and empty them."""
    url = make_url(app.config["SETTINGS"].database_url).set(username=embedded.OWNER)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


class Emptying:
    """Empties the tables of the application, as the superuser on a connection that stays open."""

    def __init__(self, app: Flask) -> None:
        url = make_url(app.config["SETTINGS"].database_url).set(username=SUPERUSER)
        self._engine = create_engine(url)
        with self._engine.connect() as connection:
            rows = connection.execute(text(EMPTIED), {"kept": list(KEPT)}).all()
        self.tables: dict[str, str | None] = dict(map(tuple, rows))
        statements = [
            NUMBER_MODELS,
            *(f"DELETE FROM {table}" for table in self.tables),
            *(f"PERFORM setval('{sequence}', 1, false)" for sequence in self.tables.values() if sequence),
            *(FORGET.format(rows=rows) for rows in WRITTEN_BY_TESTS),
            "INSERT INTO index_change (what, no) VALUES ('all', 0)",
        ]
        self._function = EMPTY_ALL.format("; ".join(statements))
        self._engine.dispose()
        event.listen(self._engine, "connect", self._prepare)

    def _prepare(self, connection: Any, _: object) -> None:
        """Plan the statements once: to plan them takes as long as to run them."""
        connection.execute(f"SET session_replication_role = replica; {self._function}")
        connection.commit()

    def __call__(self, then: str = "") -> None:
        """Empty them, and run further statements in the same transaction, in which no trigger fires."""
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_temp.empty_all(); {then}; {NUMBER_MODELS}")

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction of the superuser, in which no trigger fires."""
        return self._engine.begin()

    def close(self) -> None:
        """Let go of the database, which can be copied only while nobody is connected to it."""
        self._engine.dispose()


class Marketplace(AbstractContextManager["Marketplace"]):
    """A marketplace with an admin, and a clock that the test sets."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.now = NOON
        self.trains_nightly = False
        """Whether `settle` trains the learned order, which takes longer than all else it does."""
        self._ran_at = dict.fromkeys(scheduler.PERIODIC_JOBS, NOON)
        self._stack = ExitStack()

    def __enter__(self) -> "Marketplace":
        self._stack.enter_context(self.at_its_time())
        self._begin()
        with self.app.app_context():
            _, key = enterprises.create_staff(PLATFORM, ADMIN, "the admin")
            self._approver = enterprises.actor_of_key(digest(key))
        self.admin = Party(self, key)
        return self

    def __exit__(self, *_: Any) -> None:
        self._stack.close()

    def _begin(self, then: str = "") -> None:
        """With nobody logged in, no answer kept, and no row but what `then` inserts."""
        self.app.extensions[LATEST] = self
        self.client: FlaskClient = self.app.test_client()
        recent.forget(self.app)
        with self.app.app_context():
            self._empty_at_last(then)

    @property
    def time(self) -> tuple[datetime, dict[scheduler.PeriodicJob, datetime]]:
        """Its time, and when the jobs of its scheduler ran."""
        return self.now, dict(self._ran_at)

    def resume(self, time: tuple[datetime, dict[scheduler.PeriodicJob, datetime]], then: str) -> None:
        """Go back to a `time`, with no rows but what the statements insert."""
        self.now, self._ran_at = time[0], dict(time[1])
        self._begin(then)

    def at_its_time(self) -> AbstractContextManager[None]:
        """Its clock for the length of a block."""
        return clock.at(lambda: self.now)

    @property
    def is_over(self) -> bool:
        """Whether a later one has emptied the tables."""
        return self.app.extensions[LATEST] is not self

    def _empty_at_last(self, then: str) -> None:
        """Empty it; the index of a running process may read the same tables in another order."""
        for _ in range(10):
            try:
                return self.emptying(then)
            except OperationalError:
                db.session.rollback()
        raise AssertionError("the tables are never free")

    @property
    def emptying(self) -> Emptying:
        """Deletes what earlier tests left, triggers and foreign keys aside.

        TRUNCATE would write new files for every table and index, which takes twenty times as long.
        """
        if (found := self.app.extensions.get(EMPTYING)) is None:
            found = self.app.extensions[EMPTYING] = Emptying(self.app)
        return found  # type: ignore[no-any-return]

    # ------------------------------------------------------------ time and work

    def wait(self, **span: float) -> None:
        """Move the clock on (`seconds=`, `minutes=`, `hours=`, `days=`) and let happen what falls due."""
        self.now += timedelta(**span)
        self.settle()

    def settle(self) -> None:
        """Do all work that is due now: tasks, releases, expiries, lapses.

        The scheduler has been running for a while: what it does every ten minutes or less often, and what is
        DEAR, it did at NOON, and does again once that time has passed. What follows from the tasks of this
        moment is dispatched and released at once, and all else at the next call.
        """
        with self.app.app_context():
            is_more = self._work(self._due_jobs())
            while is_more:
                is_more = self._work(job for job in scheduler.PERIODIC_JOBS if not job.period_s)

    def restart_scheduler(self) -> None:
        """Let every job run at the next `settle`, as in the first tick of a scheduler that starts."""
        self._ran_at.clear()

    def _work(self, jobs: Iterable[scheduler.PeriodicJob]) -> bool:
        """Run jobs and then the tasks that are due; returns whether there were tasks."""
        left_out = [relay] if self.trains_nightly else [relay, enqueue_nightly_training]
        for job in jobs:
            if job.is_in_hours() and job.run not in left_out:
                job.run()
                db.session.remove()
        due = DUE_TASKS.all(now=self.now)
        for task in due:
            events.perform(task.id)
        return bool(due)

    def _due_jobs(self) -> list[scheduler.PeriodicJob]:
        """The frequent ones, and the rare and dear ones whose time has come."""
        due = [
            job
            for job in scheduler.PERIODIC_JOBS
            if (job.period_s <= OFTEN_S and job.run not in DEAR) or self._waited(job)
        ]
        self._ran_at |= dict.fromkeys(due, self.now)
        return due

    def _waited(self, job: scheduler.PeriodicJob) -> bool:
        """Whether its period has passed since it ran."""
        ran_at = self._ran_at.get(job)
        return ran_at is None or abs(self.now - ran_at) >= timedelta(seconds=job.period_s)

    def train(self) -> int:
        """Train the learned order on what became of pairings so far; returns the model's version."""
        with self.app.app_context():
            version = matches.request_training()
            matches.train(version, lambda text: None)
        return version

    # ------------------------------------------------------------ people and papers

    def enterprise(
        self,
        *roles: str,
        approved: bool = True,
        proven: bool = True,
        grade: str | None = None,
        told: bool = False,
        **about: Any,
    ) -> Party:
        """A registered enterprise, approved unless said otherwise, with the grade asked for.

        Args:
            proven: whether its address is proven once it is approved, so that it gets e-mail.
            told: whether it gets the messages about its registration.
        """
        number = new_uscc()
        body = {
            "uscc": number,
            "name": about.pop("name", f"企业 {number[-6:]}"),
            "roles": list(roles) or ["generator"],
            "region": about.pop("region", "330602"),
            "location": about.pop("location", SHAOXING),
            "contact": {"name": "王厂长", "email": f"{number.lower()}@example.com", "phone": "0575-85000000"},
            **about,
        }
        party = self._registered(body, told) if not approved or told else self._approved(body, proven)
        if approved and told:
            assert self.admin.post(f"/enterprises/{party.id}/approve").status_code == 200
            if proven:
                self.prove(party)
        if grade:
            self.grade(party, grade)
        return party

    def _registered(self, body: dict[str, Any], told: bool) -> Party:
        response = self.client.post("/api/v1/enterprises", json=body)
        assert response.status_code == 201, response.json
        if not told:
            self._forget("enterprise")
        return Party(self, response.json["api_key"], response.json["id"], body["uscc"])

    def _approved(self, body: dict[str, Any], proven: bool) -> Party:
        """What two requests would do, in one transaction and without the messages: most tests begin so."""
        with self.app.app_context(), unit_of_work() as work:
            work.mute_events()
            row, key = enterprises.register(RegistrationSchema().load(body))
            enterprises.approve(self._approver, row.id, None)
            row.email_proven_at = self.now if proven else None
            return Party(self, key, str(row.id), row.uscc)

    def prove(self, party: Party) -> None:
        """Note that an enterprise's address is proven, as if its link had been followed."""
        with self.app.app_context():
            row = update(Enterprise).where(Enterprise.id == party.id).values(email_proven_at=self.now)
            db.session.execute(row)
            db.session.commit()

    def grade(self, party: Party, grade: str) -> None:
        """Bring a newcomer (80 points, B) to a grade by events, as an admin would."""
        if grade == "A":
            body = {"enterprise_id": party.id, "published_on": str(TODAY)}
            assert self.admin.post("/credit/evaluations", body).status_code == 201
        for rule in {
            "C": ["law.penalty_major"],
            "D": ["law.penalty_major"] * 2,
            "E": ["law.penalty_major"] * 3,
        }.get(grade, []):
            self.credit_event(party, rule)
        assert self.admin.get(f"/enterprises/{party.id}").json["grade"] == grade
        self._forget("credit")

    def _forget(self, room: str) -> None:
        """Take back what is to be told of the events of a room, which most tests are not about."""
        with self.app.app_context():
            of_room = select(Event.id).where(Event.name.startswith(f"{room}."))
            db.session.execute(delete(Task).where(Task.event_id.in_(of_room)))
            db.session.commit()

    def credit_event(self, party: Party, rule: str, day: date = TODAY) -> dict[str, Any]:
        """An event of a decision of its own; returns the API's response."""
        document = f"绍环罚字〔2026〕{next(_numbers)}号"
        about = {"enterprise_id": party.id, "rule": rule, "document": document}
        body = {**about, "effective_on": str(day), "note": "seen on site"}
        response = self.admin.post("/credit/events", body)
        assert response.status_code == 201, response.json
        return response.json

    def regulator(self, region: str) -> Party:
        response = self.admin.post("/regulators", {"name": "生态环境局", "region": region})
        assert response.status_code == 201, response.json
        return Party(self, response.json["api_key"], response.json["id"])

    def licence(self, holder: Party, code: str = "HW34", **about: Any) -> dict[str, Any]:
        line = {"scheme": "cn-hw", "code": code, "tonnes_per_year": about.pop("tonnes", 10_000)}
        if "modes" in about:
            line["modes"] = about.pop("modes")
        body = {
            "enterprise_id": holder.id,
            "number": f"浙危废经第{next(_numbers)}号",
            "valid_from": "2026-01-01",
            "valid_until": "2028-12-31",
            "lines": [line],
            **about,
        }
        response = self.admin.post("/licences", body)
        assert response.status_code == 201, response.json
        return response.json

    def recycler(self, grade: str | None = None, code: str = "HW34", **about: Any) -> Party:
        """A recycler licensed for a code."""
        party = self.enterprise("recycler", grade=grade, **about)
        self.licence(party, code)
        return party

    def second_admin(self) -> Party:
        """Another officer of the platform."""
        with self.app.app_context():
            _, key = enterprises.create_staff(PLATFORM, ADMIN, "the second admin")
        return Party(self, key)

    def standing_of(self, party: Party) -> tuple[int, str]:
        """Score in thousandths and grade, whether or not the party's key still lives."""
        with self.app.app_context():
            row = db.session.get_one(Enterprise, UUID(party.id))
            return row.credit_milli, row.grade

    def notified(self, *listings: dict[str, Any], kind: str = "match.found") -> list[str]:
        """Ids of the enterprises notified of these listings, in the order of release."""
        query = (
            "SELECT enterprise_id FROM notification WHERE kind = :kind AND release_no IS NOT NULL"
            " AND counterpart_id = ANY(CAST(:ids AS uuid[])) ORDER BY release_no"
        )
        with self.app.app_context():
            about = {"ids": [listing["id"] for listing in listings], "kind": kind}
            return [str(enterprise_id) for enterprise_id in db.session.scalars(text(query), about)]

    # ------------------------------------------------------------ listings

    def supply(self, owner: Party, **about: Any) -> dict[str, Any]:
        """An open supply of waste acid, unless said otherwise; returns the API's response."""
        return self._listing(owner, {"kind": "supply", "title": "稀硫酸 20%", "waste": ACID, **about})

    def demand(self, owner: Party, **about: Any) -> dict[str, Any]:
        """An open demand for HW34, unless said otherwise; returns the API's response."""
        accepts = [{"scheme": "cn-hw", "code": "HW34"}]
        return self._listing(owner, {"kind": "demand", "title": "收废酸", "accepts": accepts, **about})

    def _listing(self, owner: Party, body: dict[str, Any]) -> dict[str, Any]:
        response = owner.post("/listings", {**listing_terms(), **body})
        assert response.status_code == 201, response.json
        return response.json

    def change(self, owner: Party, listing: dict[str, Any], **terms: Any) -> dict[str, Any]:
        """Change an open listing; returns the API's response."""
        response = owner.patch(f"/listings/{listing['id']}", terms)
        assert response.status_code == 200, response.json
        return response.json

    def withdraw(self, owner: Party, listing: dict[str, Any]) -> None:
        assert owner.post(f"/listings/{listing['id']}/withdraw").status_code == 200

    def matches(self, owner: Party, listing: dict[str, Any], **query: Any) -> list[str]:
        """Ids of the counterparts of a listing, best first."""
        response = owner.get(f"/listings/{listing['id']}/matches", **query)
        assert response.status_code == 200, response.json
        return [match["listing"]["id"] for match in response.json["items"]]

    def why_not(self, owner: Party, listing: dict[str, Any], other: dict[str, Any]) -> dict[str, str]:
        """Failed gates of a pairing with their reasons."""
        response = owner.get(f"/listings/{listing['id']}/matches/{other['id']}")
        assert response.status_code == 200, response.json
        return {gate["gate"]: gate["reason"] for gate in response.json["failed_gates"]}

    def policy(self, **changes: Any) -> None:
        """Put the policy in force with some parts changed."""
        body = {**self.admin.get("/matching-policy").json, **changes}
        response = self.admin.put("/matching-policy", body)
        assert response.status_code == 200, response.json


class Kept:
    """A world that the tests of one module share when they only read it.

    It is made again when another test has emptied the tables, so it holds in whatever order tests run.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._key: Any = None
        self._marketplace: Marketplace | None = None
        self._world: Any = None

    @contextmanager
    def __call__(self, make: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """What `make` makes of a new marketplace and of `args`."""
        if self._marketplace is None or self._marketplace.is_over or self._key != (make, args):
            with Marketplace(self._app) as self._marketplace:
                self._key, self._world = (make, args), make(self._marketplace, *args)
        with self._marketplace.at_its_time():
            yield self._world


def listing_terms(**about: Any) -> dict[str, Any]:
    """What both kinds of listing must say."""
    return {
        "quantity_t": 1200.0,
        "min_lot_t": 20.0,
        "available_from": "2026-12-01",
        "available_until": "2027-05-31",
        "publish": True,
        **about,
    }
