"""Credit: events by a published rule table make a score, a grade and six axes; some events block."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, cast, func, select, text, union_all

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Conflict, Invalid, NotFound, Notice, PreconditionFailed
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import AXES, LIFE, Block, CreditEvent, Evaluation, RuleTable

MILLI = 1000
FULL = 100 * MILLI
BASE_ESTABLISHED = 100 * MILLI
BASE_NEWCOMER = 80 * MILLI
GRADES = (("A", 90 * MILLI), ("B", 75 * MILLI), ("C", 60 * MILLI), ("D", 40 * MILLI), ("E", 0))
YEARS_COUNTED = 2
COMPLETED = "fulfilment.completed"
COMPLETED_TO_ESTABLISH = 5


# ---------------------------------------------------------------- the formula


@dataclass(frozen=True, slots=True)
class Line:
    """What the events of one rule (and year, where it has a yearly limit) add, in thousandths."""

    rule: str
    axis: str
    year: int | None
    events: int
    points: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A score and all it is made of, in thousandths."""

    base: int
    established_by: str | None
    lines: tuple[Line, ...]
    valid_until: date | None

    @property
    def sum(self) -> int:
        return self.base + sum(line.points for line in self.lines)

    @property
    def score(self) -> int:
        return min(FULL, max(0, self.sum))

    @property
    def grade(self) -> str:
        return next(grade for grade, least in GRADES if self.score >= least)

    @property
    def axes(self) -> dict[str, int]:
        own: dict[str, int] = defaultdict(int)
        for line in self.lines:
            own[line.axis] += line.points
        return {axis: min(FULL, max(0, FULL + own[axis])) for axis in AXES}


def counts(event: CreditEvent, today: date) -> bool:
    """Whether an event has taken effect and not yet lapsed."""
    return event.effective_on <= today < event.lapses_on


def lapse_of(day: date) -> date:
    """The day two years on, when what took effect on `day` stops counting."""
    try:
        return day.replace(year=day.year + YEARS_COUNTED)
    except ValueError:
        return date(day.year + YEARS_COUNTED, 3, 1)


def standing(
    events: Iterable[CreditEvent], evaluations: Iterable[Evaluation], member_since: date, today: date
) -> Standing:
    """Score = base + the points of all events that count, clamped once at the end (domain.md, Credit).

    The order of events never matters: points are summed a rule, and a calendar year where the rule has
    a yearly limit.
    """
    current = [event for event in events if counts(event, today)]
    lines = _lines(current)
    valid_until = max(
        (one.valid_until for one in evaluations if one.published_on <= today < one.valid_until), default=None
    )
    established_by = "evaluation" if valid_until else _by_record(current, member_since, today)
    return Standing(BASE_ESTABLISHED if established_by else BASE_NEWCOMER, established_by, lines, valid_until)


def _lines(events: Iterable[CreditEvent]) -> tuple[Line, ...]:
    groups: dict[tuple[str, str, int | None, int | None], list[int]] = defaultdict(list)
    for event in events:
        limit = event.most_per_year_milli
        year = event.effective_on.year if limit is not None else None
        groups[event.rule, event.axis, year, limit].append(event.points_milli)
    return tuple(
        Line(rule, axis, year, len(points), _limited(sum(points), limit))
        for (rule, axis, year, limit), points in sorted(groups.items(), key=lambda one: str(one[0]))
    )


def _limited(points: int, limit: int | None) -> int:
    return points if limit is None else max(-limit, min(limit, points))


def _by_record(current: list[CreditEvent], member_since: date, today: date) -> str | None:
    """A year on the platform with five completed deals and no deduction."""
    a_year = member_since <= _year_before(today)
    completed = sum(event.rule == COMPLETED for event in current)
    clean = all(event.points_milli >= 0 for event in current)
    return "record" if a_year and clean and completed >= COMPLETED_TO_ESTABLISH else None


def _year_before(day: date) -> date:
    """The same day a year ago; of 29 February the 28th, as PostgreSQL counts it."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 2, 28)


# ---------------------------------------------------------------- writing


def record_event(actor: Actor, data: dict[str, Any]) -> tuple[CreditEvent, list[Notice]]:
    """Enter an event; score, grade and block change in the same transaction.

    Raises:
        Invalid: unknown enterprise or rule, or an effect in the future.
    """
    table = rules()
    rule = next((one for one in table.rules if one["code"] == data["rule"]), None)
    if rule is None:
        raise Invalid("unknown_rule", at="rule", rule=data["rule"])
    if data["effective_on"] > clock.today():
        raise Invalid("effective_in_future", at="effective_on")
    limit = rule.get("most_per_year")
    with unit_of_work() as work:
        enterprise = _lock(work, data["enterprise_id"])
        event = work.add(
            CreditEvent(
                **data,
                rule_version=table.version,
                axis=rule["axis"],
                points_milli=round(rule["points"] * MILLI),
                most_per_year_milli=None if limit is None else round(limit * MILLI),
                lapses_on=lapse_of(data["effective_on"]),
                recorded_by=actor.id,
            )
        )
        if rule.get("blocks"):
            work.add(
                Block(enterprise_id=enterprise.id, event_id=event.id, reason=rule["code"], placed_by=actor.id)
            )
        work.audit(actor, "record", event, rule=event.rule)
        _refresh(work, enterprise)
    lapsed = (
        []
        if counts(event, clock.today())
        else [Notice("already_lapsed", "effective_on", {"day": event.lapses_on})]
    )
    return event, lapsed


def _lock(work: Work, enterprise_id: UUID) -> Any:
    try:
        return enterprises.lock(work, enterprise_id)
    except NotFound as error:
        raise Invalid("unknown_enterprise", at="enterprise_id") from error


def _refresh(work: Work, enterprise: Any) -> None:
    """Write the standing of a locked enterprise anew."""
    now = standing_of(enterprise)
    before = (enterprise.credit_milli, enterprise.grade, enterprise.blocked)
    enterprises.set_standing(
        enterprise,
        score_milli=now.score,
        grade=now.grade,
        provisional=now.established_by is None,
        blocked=bool(blocks_in_force(enterprise.id)),
        valid_until=now.valid_until,
        as_of=clock.today(),
    )
    if before != (enterprise.credit_milli, enterprise.grade, enterprise.blocked):
        work.emit(
            "credit.changed",
            enterprise_id=str(enterprise.id),
            score=now.score / MILLI,
            grade=now.grade,
            blocked=enterprise.blocked,
        )


def standing_of(enterprise: Any) -> Standing:
    """The standing of an enterprise today, from its events and evaluations."""
    events = db.session.scalars(select(CreditEvent).filter_by(enterprise_id=enterprise.id)).all()
    evaluations = db.session.scalars(select(Evaluation).filter_by(enterprise_id=enterprise.id)).all()
    since = enterprise.created_at.astimezone(clock.LOCAL).date()
    return standing(events, evaluations, since, clock.today())


def publish_evaluation(actor: Actor, data: dict[str, Any]) -> Evaluation:
    """Publish an evaluation, valid two years. Raises: Invalid."""
    if data["published_on"] > clock.today():
        raise Invalid("effective_in_future", at="published_on")
    with unit_of_work() as work:
        enterprise = _lock(work, data["enterprise_id"])
        row = work.add(Evaluation(**data, valid_until=lapse_of(data["published_on"]), recorded_by=actor.id))
        work.audit(actor, "publish", row)
        _refresh(work, enterprise)
    return row


def refresh_due() -> int:
    """Write anew the standings that the passing of days has changed. Returns how many.

    Due is an enterprise of which an event or evaluation stopped counting, or which became a year old on
    the platform, since its standing was last written.
    """
    today = clock.today()
    done = 0
    for enterprise_id in db.session.scalars(_due(today).union(_grown(today))).all():
        with unit_of_work() as work:
            _refresh(work, enterprises.lock(work, enterprise_id))
        done += 1
    return done


def _due(today: date) -> Any:
    lapsed = select(CreditEvent.enterprise_id, CreditEvent.lapses_on.label("day"))
    ended = select(Evaluation.enterprise_id, Evaluation.valid_until)
    changes = union_all(
        lapsed.where(CreditEvent.lapses_on <= today), ended.where(Evaluation.valid_until <= today)
    ).subquery()
    return enterprises.standing_older_than(changes.c.enterprise_id, changes.c.day, today)


def _grown(today: date) -> Any:
    since = cast(func.timezone(clock.LOCAL.key, Enterprise.created_at), Date)
    a_year_before = cast(Enterprise.credit_as_of - text("interval '1 year'"), Date)
    return select(Enterprise.id).where(
        Enterprise.provisional, since <= _year_before(today), since > a_year_before
    )


def place_block(actor: Actor, data: dict[str, Any]) -> Block:
    """Put an enterprise on the blocked list, provisionally. Raises: Invalid."""
    with unit_of_work() as work:
        enterprise = _lock(work, data["enterprise_id"])
        row = work.add(Block(**data, placed_by=actor.id))
        work.audit(actor, "place", row, reason=row.reason)
        _refresh(work, enterprise)
    return row


def confirm_block(actor: Actor, block_id: UUID) -> Block:
    """A second officer confirms a block.

    Raises:
        NotFound. Conflict: lifted or confirmed already (`wrong_state`), or by whoever placed it
        (`second_officer_needed`).
    """
    with unit_of_work() as work:
        row = work.lock(Block, Block.id == block_id)
        LIFE.move(row, "confirm", by=Party.ADMIN)
        if row.placed_by == actor.id:
            raise Conflict("second_officer_needed")
        row.confirmed_by = actor.id
        work.audit(actor, "confirm", row)
    return row


def lift_block(actor: Actor, block_id: UUID, reason: str) -> Block:
    """Take a block off. Raises: NotFound; Conflict: lifted already."""
    with unit_of_work() as work:
        row = work.lock(Block, Block.id == block_id)
        LIFE.move(row, "lift", by=Party.ADMIN)
        row.lifted_by, row.lift_reason = actor.id, reason
        enterprise = enterprises.lock(work, row.enterprise_id)
        work.session.flush()
        work.audit(actor, "lift", row, reason=reason)
        _refresh(work, enterprise)
    return row


def publish_rules(actor: Actor, items: list[dict[str, Any]], expected: int | None) -> RuleTable:
    """Publish a whole new version of the rule table; events keep the points they had.

    Raises:
        PreconditionFailed: somebody published another in the meantime.
    """
    with unit_of_work() as work:
        work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('credit_rule_table'))"))
        current = rules()
        if expected is not None and current.version != expected:
            raise PreconditionFailed("version_changed")
        row = work.add(RuleTable(version=current.version + 1, rules=items, created_by=actor.id))
        work.audit(actor, "publish", row)
    return row


# ---------------------------------------------------------------- reading


def rules(actor: Actor = PLATFORM) -> RuleTable:
    """The rule table in force."""
    return db.session.scalars(select(RuleTable).order_by(RuleTable.version.desc()).limit(1)).one()


def present(actor: Actor, enterprise: Any) -> dict[str, Any]:
    """A standing as this actor may see it."""
    if not enterprises.sees_all_of(actor, enterprise):
        return {"grade": enterprise.grade}
    return {
        "score": enterprise.credit_milli,
        "grade": enterprise.grade,
        "provisional": enterprise.provisional,
        "axes": standing_of(enterprise).axes,
        "valid_until": enterprise.credit_valid_until,
        "blocked": enterprise.blocked,
    }


def explain(enterprise: Any) -> dict[str, Any]:
    """Why a score is what it is."""
    now = standing_of(enterprise)
    parts = ("base", "established_by", "lines", "sum", "score", "grade")
    return {
        **{name: getattr(now, name) for name in parts},
        "blocks": [block.id for block in blocks_in_force(enterprise.id)],
    }


def events_of(enterprise_id: UUID, after: UUID | None, limit: int) -> Sequence[CreditEvent]:
    """An enterprise's events, newest first."""
    query = select(CreditEvent).filter_by(enterprise_id=enterprise_id)
    if after is not None:
        query = query.where(CreditEvent.id < after)
    return db.session.scalars(query.order_by(CreditEvent.id.desc()).limit(limit)).all()


def blocks_in_force(enterprise_id: UUID) -> Sequence[Block]:
    """Blocks of an enterprise that nobody has lifted."""
    return db.session.scalars(
        select(Block).where(Block.enterprise_id == enterprise_id, Block.lifted_at.is_(None))
    ).all()


def search_blocks(
    actor: Actor, enterprise_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Block]:
    """The blocked list with its history, newest first; a regulator's own region only."""
    query = select(Block)
    if not actor.is_admin:
        query = query.where(Block.enterprise_id.in_(enterprises.ids_within(actor.region or 0)))
    if enterprise_id is not None:
        query = query.where(Block.enterprise_id == enterprise_id)
    if after is not None:
        query = query.where(Block.id < after)
    return db.session.scalars(query.order_by(Block.id.desc()).limit(limit)).all()


def find_block(actor: Actor, block_id: UUID) -> Block:
    """A block. Raises: NotFound."""
    row = db.session.get(Block, block_id)
    if row is None:
        raise NotFound()
    return row
