"""The demo city's year of credit, played through the services of its rooms, each step at its own moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID

from marketplace import clock
from marketplace.appeals import service as appeals
from marketplace.appeals.models import Appeal, Decision, Repair, RepairDecision
from marketplace.credit import service as credit
from marketplace.credit.models import CreditEvent
from marketplace.credit.schemas import NewEventSchema
from marketplace.enterprises import service as enterprises
from marketplace.events.actor import ADMIN, ENTERPRISE, PLATFORM, REGULATOR, SCOPES, Actor
from marketplace.events.work import unit_of_work
from marketplace.inspections import jobs as inspection_jobs
from marketplace.inspections import schemas as inspection_schemas
from marketplace.inspections import service as inspections
from marketplace.inspections.models import Checklist, Inspection
from seed.city import City
from seed.year import (
    AT_HOME,
    AUTHORITY,
    DemoAppeal,
    DemoDecision,
    DemoFeed,
    DemoInspection,
    DemoRepair,
    DemoYear,
)

Step = Callable[[], None]
MET = 2
"""Points of an item that is fully met."""
ANSWERED_AFTER, CHECKED_AFTER, OVERDUE_AFTER = 3, 5, 40
"""Days from an inspection to what the enterprise says of its findings, to the second look, and to when an
order that nobody answered is found: it has 15 working days, and a holiday may lie between."""
NEW_EVENT = NewEventSchema()


def load_year(city: City, year: DemoYear, ids: dict[str, UUID]) -> Counter[str]:
    """Play all of a year in the order of time. Returns how many rows of each kind came of it."""
    if year == DemoYear():
        return Counter()
    stage = _Stage(city, ids)
    steps = list(stage.steps(year))
    for moment, make in sorted(steps, key=lambda step: step[0]):
        with clock.at(lambda moment=moment: moment):  # type: ignore[misc]
            make()
    return stage.counts


class _Stage:
    """Who is who: two officers of the platform, and the authority of the prefecture."""

    def __init__(self, city: City, ids: dict[str, UUID]) -> None:
        self.city, self.ids = city, ids
        self.counts: Counter[str] = Counter()
        self.first, self.second = (self._staff(ADMIN, f"信用审核员{which}（演示）") for which in "甲乙")
        self.regulator = self._staff(REGULATOR, AUTHORITY, AT_HOME * 100)

    @staticmethod
    def _staff(kind: str, name: str, region: int | None = None) -> Actor:
        staff, _ = enterprises.create_staff(PLATFORM, kind, name, region)
        return Actor(kind, staff.id, scopes=frozenset(SCOPES), region=region)

    def owner(self, key: str) -> Actor:
        return Actor(ENTERPRISE, self.ids[key])

    def at(self, day: int, hour: int) -> datetime:
        return datetime.combine(self.city.day(day), time(hour), clock.LOCAL)

    def steps(self, year: DemoYear) -> Iterator[tuple[datetime, Step]]:
        """Each step with its moment; those of one case in the order in which they depend on each other."""
        for appeal in year.appeals:
            yield from _AppealPlay(self, appeal).steps()
        for repair in year.repairs:
            yield from _RepairPlay(self, repair).steps()
        for inspection in year.inspections:
            yield from _InspectionPlay(self, inspection).steps()
        for feed in year.feeds:
            yield self.at(feed.day, 11), lambda feed=feed: self.send(feed)  # type: ignore[misc]

    def record(self, decision: DemoDecision) -> CreditEvent:
        """Enter a decision, by the first officer or by the platform itself."""
        day = self.city.day(decision.day).isoformat()
        body = {
            "enterprise_id": str(self.ids[decision.enterprise_key]),
            "rule": decision.rule,
            "effective_on": day,
            "note": decision.note,
        }
        if not decision.is_by_platform:
            number = f"演示绍环信〔{day[:4]}〕{decision.number:03}号"
            body |= {"document": number, "authority": AUTHORITY, "decided_on": day, "served_on": day}
        actor = PLATFORM if decision.is_by_platform else self.first
        self.counts["credit events"] += 1
        return credit.record_event(actor, NEW_EVENT.load(body))[0]

    def send(self, feed: DemoFeed) -> None:
        """Import a feed as another system sends it."""
        rows = [
            {
                "reference": row.reference,
                "uscc": row.uscc,
                "rule": row.rule,
                "effective_on": row.day if isinstance(row.day, str) else self.city.day(row.day).isoformat(),
                "note": row.note,
            }
            for row in feed.rows
        ]
        upload = json.dumps({"rows": rows}, ensure_ascii=False).encode()
        credit.import_feed(self.first, feed.source, upload, is_json=True)
        self.counts["feeds"] += 1


@dataclass
class _AppealPlay:
    stage: _Stage
    plan: DemoAppeal
    event: CreditEvent = field(init=False)
    appeal: Appeal = field(init=False)

    def steps(self) -> Iterator[tuple[datetime, Step]]:
        plan, stage = self.plan, self.stage
        yield stage.at(plan.decision.day, 9), self._record
        yield stage.at(plan.day, 10), self._open
        if plan.end == "withdrawn":
            yield stage.at(plan.end_day, 15), self._withdraw
        elif plan.end != "open":
            yield stage.at(plan.end_day, 15), self._decide

    @property
    def _owner(self) -> Actor:
        return self.stage.owner(self.plan.decision.enterprise_key)

    def _record(self) -> None:
        self.event = self.stage.record(self.plan.decision)

    def _open(self) -> None:
        self.appeal, _ = appeals.open_appeal(self._owner, self.event, self.plan.reason)
        self.stage.counts["appeals"] += 1

    def _withdraw(self) -> None:
        appeals.withdraw(self._owner, self.appeal)

    def _decide(self) -> None:
        decision = Decision.OVERTURN if self.plan.end == "overturned" else Decision.UPHOLD
        appeals.decide_appeal(self.stage.second, self.appeal, decision, self.plan.answer)


@dataclass
class _RepairPlay:
    stage: _Stage
    plan: DemoRepair
    event: CreditEvent = field(init=False)
    repair: Repair = field(init=False)

    def steps(self) -> Iterator[tuple[datetime, Step]]:
        plan, stage = self.plan, self.stage
        yield stage.at(plan.decision.day, 9), self._record
        yield stage.at(plan.day, 10), self._ask
        if plan.end in ("checked", "granted"):
            yield stage.at(plan.end_day, 11), self._check
        if plan.end in ("granted", "refused"):
            yield stage.at(plan.end_day, 16), self._decide

    def _record(self) -> None:
        self.event = self.stage.record(self.plan.decision)

    def _ask(self) -> None:
        owner = self.stage.owner(self.plan.decision.enterprise_key)
        self.repair, _ = appeals.ask_for_repair(owner, self.event, self.plan.promise)
        self.stage.counts["repairs"] += 1

    def _check(self) -> None:
        appeals.check_repair(self.stage.regulator, self.repair, self.plan.answer)

    def _decide(self) -> None:
        decision = RepairDecision.GRANT if self.plan.end == "granted" else RepairDecision.REFUSE
        appeals.decide_repair(self.stage.second, self.repair, decision, self.plan.answer)


@dataclass
class _InspectionPlay:
    stage: _Stage
    plan: DemoInspection
    inspection_id: UUID = field(init=False)

    def steps(self) -> Iterator[tuple[datetime, Step]]:
        """None where the checklist is younger than the inspection."""
        plan, stage = self.plan, self.stage
        if not self._codes:
            return
        yield stage.at(plan.day, 9), self._begin
        if plan.end == "open":
            return
        yield stage.at(plan.day, 14), self._finish
        if plan.end == "overdue":
            yield stage.at(plan.day + OVERDUE_AFTER, 1), self._miss
        if plan.findings and plan.end in ("answered", "closed"):
            yield stage.at(plan.day + ANSWERED_AFTER, 10), self._rectify
        if plan.findings and plan.end == "closed":
            yield stage.at(plan.day + CHECKED_AFTER, 10), self._recheck

    @property
    def _owner(self) -> Actor:
        return self.stage.owner(self.plan.enterprise_key)

    @property
    def _inspector(self) -> Actor:
        by_kind = {"self": self._owner, "district": self.stage.regulator, "city": self.stage.second}
        return by_kind[self.plan.kind]

    def _begin(self) -> None:
        body = {
            "enterprise_id": str(self.stage.ids[self.plan.enterprise_key]),
            "checklist": self.plan.checklist,
            "kind": self.plan.kind,
            "way": self.plan.way,
        }
        schema = inspection_schemas.NewInspectionSchema()
        self.inspection_id = inspections.begin(self._inspector, schema.load(body)).id
        self.stage.counts["inspections"] += 1

    def _finish(self) -> None:
        found = {finding.item: finding for finding in self.plan.findings}
        items: list[dict[str, Any]] = [
            {"item": code, "points": MET} for code in self._codes if code not in found
        ]
        items += [
            {"item": code, "points": finding.points, "note": finding.note, "rule": finding.rule}
            for code, finding in found.items()
        ]
        answers = inspection_schemas.InspectionAnswersSchema().load({"items": items})
        inspections.answer_items(self._inspector, self.inspection_id, answers["items"])
        body = inspection_schemas.InspectionFinishSchema().load({})
        inspections.finish(self._inspector, self.inspection_id, body)

    @property
    def _codes(self) -> list[str]:
        """The items that the checklist had on the day of the inspection."""
        items = inspections.checklist_items(
            Checklist(self.plan.checklist), self.stage.city.day(self.plan.day)
        )
        return [item.code for item in items]

    def _rectify(self) -> None:
        items = [{"item": finding.item, "text": finding.remedy} for finding in self.plan.findings]
        inspections.rectify(self._owner, self.inspection_id, items)

    def _miss(self) -> None:
        """The clock finds the order unanswered, as it does in the night after its last day."""
        with unit_of_work() as work:
            row = work.lock(Inspection, Inspection.id == self.inspection_id)
            inspections.miss(work, row)
            facts = {"kind": row.kind, "result": row.result or "", "due_on": str(row.due_on)}
        inspection_jobs.record_late(
            "overdue", str(row.id), row.number, enterprise_id=str(row.enterprise_id), **facts
        )

    def _recheck(self) -> None:
        items = [{"item": finding.item, "corrected": True, "note": None} for finding in self.plan.findings]
        inspections.recheck(self._inspector, self.inspection_id, {"items": items, "due_on": None})
