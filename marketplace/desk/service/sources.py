"""Where the items of each kind come from: one row of `SOURCES` a kind, each read by an index of its own.

A further kind is a member of `DeskKind` and a `Source` here. Its table needs partial indexes on (`since`, id,
`firm`) and, if it has deadlines, on (`due`, id, `firm`) of the rows that wait: a page reads no more of it
than it may show, and passes over other regions in the index.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from ... import clock
from ...appeals.models import UNDECIDED, Appeal, AppealStatus, Repair, RepairStatus
from ...credit import service as credit
from ...credit.models import Block, CreditUnmatched, Evaluation
from ...early_warnings.models import EarlyWarning
from ...enterprises.models import PENDING_DAY, PENDING_FOR, Enterprise, EnterpriseStatus
from ...inspections.models import (
    Inspection,
    InspectionKind,
    InspectionResult,
    InspectionStatus,
    inspection_number,
)
from ...messages import say
from ...messages.names import name_of
from ...registrations.models import Registration, RegistrationStatus
from ...transporters.models import PaperKind, PaperStatus, TransporterPaper
from ..models import DeskKind, GradeChange

EXPIRING_DAYS = 60
"""How long before its end an evaluation is on the desk: the first reminder is sent then too."""
CHANGE_DAYS = 30
"""How long a change of grade waits to be seen."""

Conditions = tuple[ColumnElement[bool], ...]
Facts = Mapping[str, Any]


def is_one_of(column: Any, *values: StrEnum) -> ColumnElement[bool]:
    """The condition that a status has one of these values, written out: only then PostgreSQL knows for every
    plan that a partial index holds the rows."""
    written = [literal_column(f"'{value}'", column.type) for value in values]
    condition: ColumnElement[bool] = column == written[0] if len(written) == 1 else column.in_(written)
    return condition


TODAY, SOON = bindparam("today", type_=Date), bindparam("soon", type_=Date)
LATELY = bindparam("lately", type_=DateTime(timezone=True))


def moments() -> dict[str, Any]:
    """The days and moments that the conditions of `SOURCES` name, as they are now."""
    today = clock.today()
    return {
        "today": today,
        "soon": today + timedelta(days=EXPIRING_DAYS),
        "lately": clock.now() - timedelta(days=CHANGE_DAYS),
    }


def days(count: int) -> Any:
    """A number of days, written out."""
    return literal_column(str(count), Integer)


@dataclass(frozen=True, slots=True)
class Source:
    """The items of one kind.

    Attributes:
        waits: the conditions under which a row of `model` is an item, of the values of `moments`.
        since: the column by which items are ordered: a moment, or with `since_days` a day, so many days
            before which the item begins.
        firm: the column with the id of the enterprise, None where nobody knows it.
        region: where it lies.
        due: the column with the last day, or the day from which on `due_days` are left; None without one.
        facts: columns that its title is made of.
        event: the column with the id of the credit event that it is about.
        key: the column with the id of an item, None if it is `id`.
        title: the sentence of an item, by its facts, its deadline and the language.
        path: where it is shown, with `{id}` and `{enterprise_id}` or a fact in braces.
    """

    kind: DeskKind
    model: Any
    waits: Conditions
    since: Any
    title: Callable[[Facts, date | None, str], str]
    path: str
    firm: Any = None
    region: Any = Enterprise.region
    since_days: int | None = None
    due: Any = None
    due_days: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    event: Any = None
    key: Any = None

    @property
    def place(self) -> int:
        """Its place among all kinds, which decides between items of the same moment."""
        return PLACES[self.kind]

    @property
    def id(self) -> Any:
        return self.model.id if self.key is None else self.key

    def shown_since(self) -> Any:
        """Since when an item waits."""
        if self.since_days is None:
            return self.since
        began_on = cast(self.since - days(self.since_days), DateTime)
        return func.timezone(literal_column(f"'{clock.LOCAL.key}'"), began_on)

    def shown_due(self) -> Any:
        """The last day of an item."""
        return cast(null(), Date) if self.due is None else cast(self.due + days(self.due_days), Date)

    def shown_facts(self) -> Any:
        """The facts of its title as one object."""
        if not self.facts:
            return cast(null(), JSONB)
        named: list[tuple[Any, Any]] = [
            (literal_column(f"'{name}'"), column) for name, column in self.facts.items()
        ]
        return func.jsonb_build_object(*chain.from_iterable(named))

    def since_at(self, moment: datetime) -> Any:
        """The value of `since` of an item that waits since a moment; of a day, since the midnight before."""
        if self.since_days is None:
            return moment
        return moment.astimezone(clock.LOCAL).date() + timedelta(days=self.since_days)

    def due_at(self, day: date) -> date:
        """The value of `due` of an item with this deadline."""
        return day - timedelta(days=self.due_days)


def _is_followed() -> ColumnElement[bool]:
    """Whether a published evaluation that ends later follows one.

    As a value: as a mere condition PostgreSQL may join it with all evaluations, of which a page shows few.
    """
    later = aliased(Evaluation)
    follows = (
        later.enterprise_id == Evaluation.enterprise_id,
        later.published_on.is_not(None),
        later.valid_until > Evaluation.valid_until,
    )
    return select(later.id).where(*follows).exists()


def _repair_title(facts: Facts, due: date | None, language: str) -> str:
    if facts["status"] == RepairStatus.CHECKED:
        return say("desk_repair_checked", language, title=facts["title"])
    return say("desk_repair", language, title=facts["title"])


def _inspection(facts: Facts) -> dict[str, Any]:
    """What a sentence says of an inspection: its number and its result."""
    number = inspection_number(date.fromisoformat(facts["begun_on"]), facts["no"])
    return {"number": number, "result": name_of(InspectionResult(facts["result"]))}


_IS_BY_OFFICERS = is_one_of(Inspection.kind, InspectionKind.DISTRICT, InspectionKind.CITY)
_INSPECTION = {"begun_on": Inspection.begun_on, "no": Inspection.no, "result": Inspection.result}

SOURCES = (
    Source(
        DeskKind.REGISTRATION,
        Enterprise,
        (is_one_of(Enterprise.status, EnterpriseStatus.PENDING),),
        since=Enterprise.created_at,
        due=literal_column(PENDING_DAY.format("enterprise."), Date),
        due_days=PENDING_FOR.days,
        firm=Enterprise.id,
        title=lambda facts, due, language: say("desk_registration", language),
        path="/enterprises/{id}",
    ),
    Source(
        DeskKind.RECEIVER_REGISTRATION,
        Registration,
        (
            is_one_of(Registration.status, RegistrationStatus.SUBMITTED),
            Registration.revoked_at.is_(None),
        ),
        since=Registration.created_at,
        firm=Registration.enterprise_id,
        facts={"number": Registration.number},
        title=lambda facts, due, language: say(
            "desk_receiver_registration", language, number=facts["number"]
        ),
        path="/receiver-registrations/{id}",
    ),
    Source(
        DeskKind.TRANSPORTER_PAPER,
        TransporterPaper,
        (
            is_one_of(TransporterPaper.status, PaperStatus.SUBMITTED),
            TransporterPaper.ended_at.is_(None),
        ),
        since=TransporterPaper.created_at,
        firm=TransporterPaper.transporter_id,
        facts={"paper": TransporterPaper.kind},
        title=lambda facts, due, language: say(
            "desk_transporter_paper", language, paper=name_of(PaperKind(facts["paper"]))
        ),
        path="/transporter-papers/{id}",
    ),
    Source(
        DeskKind.APPEAL,
        Appeal,
        (is_one_of(Appeal.status, AppealStatus.OPEN),),
        since=Appeal.created_at,
        due=Appeal.due_on,
        firm=Appeal.enterprise_id,
        event=Appeal.event_id,
        title=lambda facts, due, language: say("desk_appeal", language, title=facts["title"]),
        path="/credit/appeals/{id}",
    ),
    Source(
        DeskKind.REPAIR,
        Repair,
        (is_one_of(Repair.status, *UNDECIDED),),
        since=Repair.created_at,
        due=Repair.due_on,
        firm=Repair.enterprise_id,
        facts={"status": Repair.status},
        event=Repair.event_id,
        title=_repair_title,
        path="/credit/repairs/{id}",
    ),
    Source(
        DeskKind.PROVISIONAL_BLOCK,
        Block,
        (Block.confirmed_at.is_(None), Block.lifted_at.is_(None)),
        since=Block.placed_at,
        firm=Block.enterprise_id,
        title=lambda facts, due, language: say("desk_provisional_block", language),
        path="/credit/blocks?enterprise_id={enterprise_id}",
    ),
    Source(
        DeskKind.EXPIRING_EVALUATION,
        Evaluation,
        (
            Evaluation.valid_until > TODAY,
            Evaluation.valid_until <= SOON,
            credit.is_published(),
            _is_followed().is_(False),
        ),
        since=Evaluation.valid_until,
        since_days=EXPIRING_DAYS,
        due=Evaluation.valid_until,
        firm=Evaluation.enterprise_id,
        title=lambda facts, due, language: say("desk_expiring_evaluation", language, day=due),
        path="/enterprises/{enterprise_id}/credit",
    ),
    Source(
        DeskKind.GRADE_CHANGE,
        GradeChange,
        (GradeChange.seen_at.is_(None), GradeChange.changed_at > LATELY),
        since=GradeChange.changed_at,
        firm=GradeChange.enterprise_id,
        facts={"before": GradeChange.grade_before, "after": GradeChange.grade},
        title=lambda facts, due, language: say(
            "desk_grade_change", language, before=facts["before"], after=facts["after"]
        ),
        path="/enterprises/{enterprise_id}/credit/explanation",
    ),
    Source(
        DeskKind.UNMATCHED_ENTRY,
        CreditUnmatched,
        (CreditUnmatched.settled_at.is_(None),),
        since=CreditUnmatched.created_at,
        region=credit.district_of_unmatched(),
        facts={"source": CreditUnmatched.source, "uscc": CreditUnmatched.uscc},
        title=lambda facts, due, language: say(
            "desk_unmatched_entry", language, source=facts["source"], uscc=facts["uscc"]
        ),
        path="/credit/imports/unmatched?uscc={uscc}",
    ),
    Source(
        DeskKind.OVERDUE_RECTIFICATION,
        Inspection,
        (is_one_of(Inspection.status, InspectionStatus.OVERDUE), _IS_BY_OFFICERS),
        since=Inspection.due_on,
        since_days=-1,
        due=Inspection.due_on,
        firm=Inspection.enterprise_id,
        facts=_INSPECTION,
        title=lambda facts, due, language: say("desk_overdue_rectification", language, **_inspection(facts)),
        path="/inspections/{id}",
    ),
    Source(
        DeskKind.RECHECK,
        Inspection,
        (is_one_of(Inspection.status, InspectionStatus.ANSWERED), _IS_BY_OFFICERS),
        since=Inspection.answered_at,
        firm=Inspection.enterprise_id,
        facts=_INSPECTION,
        title=lambda facts, due, language: say("desk_recheck", language, **_inspection(facts)),
        path="/inspections/{id}",
    ),
    Source(
        DeskKind.EARLY_WARNING,
        EarlyWarning,
        (),
        key=EarlyWarning.enterprise_id,
        since=EarlyWarning.warned_on,
        since_days=0,
        firm=EarlyWarning.enterprise_id,
        facts={"percent": cast(func.round(100 * EarlyWarning.risk), Integer)},
        title=lambda facts, due, language: say("desk_early_warning", language, percent=facts["percent"]),
        path="/credit/early-warnings",
    ),
)
SOURCE_OF = {source.kind: source for source in SOURCES}
PLACES = {kind: place for place, kind in enumerate(DeskKind)}
KINDS = tuple(DeskKind)
