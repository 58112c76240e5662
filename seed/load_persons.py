"""Persons of the demo city who can log in: one for each kind of reader of the pages.

Their passwords are made anew for each city and kept in one file that only its owner can read.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pyotp
from sqlalchemy import select

from marketplace import clock
from marketplace.database import db
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import Enterprise
from marketplace.events.actor import ADMIN, ENTERPRISE, PLATFORM, REGULATOR, Actor
from marketplace.persons import service as persons
from seed.city import City
from seed.load_waiting import TRANSPORTER
from seed.showcase import CHANNEL_RECEIVER, DEALER, SHOWCASE_OWNER

HERE = "127.0.0.1"
HOME = 330600


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the demo: what it is, its number to log in, for which enterprise with which right it acts,
    or as which kind of staff."""

    what: str
    name: str
    phone: str
    acts_for: str
    waits: str
    """What waits for it: `load_waiting` makes it."""
    right: str | None = None


PERSONS = (
    DemoPerson(
        "plant manager 工厂负责人", "王厂长（演示）", "13800000001", SHOWCASE_OWNER,
        "an offer to answer 一份报价待答复", "owner",
    ),
    DemoPerson(
        "recycler 利用单位", "李经理（演示）", "13800000002", DEALER,
        "an offer to answer 一份报价待答复", "owner",
    ),
    DemoPerson(
        "receiver 接收单位", "赵主管（演示）", "13800000003", CHANNEL_RECEIVER,
        "a load at the gate to receive 一车废物到厂待接收", "trader",
    ),
    DemoPerson(
        "driver 司机", "孙师傅（演示）", "13800000004", TRANSPORTER,
        "a load to pick up today 今天有一车待装运", "driver",
    ),
    DemoPerson(
        "admin 管理员", "周管理员（演示）", "13800000005", ADMIN,
        "a registration and an appeal to decide 一家企业注册和一件申诉待审核",
    ),
    DemoPerson(
        "regulator 主管部门", "吴科长（演示）", "13800000006", REGULATOR,
        "an appeal in the district, and the cockpit 辖区内一件申诉，以及驾驶舱",
    ),
)  # fmt: skip


def load_persons(city: City, file: Path) -> None:
    """Make the persons, and write their log-ins to a file.

    Staff has its second factor set already: the file has codes that stand in for the authenticator.
    """
    lines = [_line(person, city) for person in PERSONS]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")


def _line(person: DemoPerson, city: City) -> str:
    password = secrets.token_urlsafe(12)
    joining = {"name": person.name, "phone": person.phone, "password": password, "language": "zh"}
    member = persons.join({"code": _code(person, city), **joining}, HERE)
    codes = "" if person.right else f" (codes: {' '.join(_paper_codes(member.person_id))})"
    return f"{person.what}: {person.phone} {password}{codes} - {person.waits}"


def _code(person: DemoPerson, city: City) -> str:
    """The code of an invitation."""
    if person.right is None:
        region = HOME if person.acts_for == REGULATOR else None
        staff, _ = enterprises.create_staff(PLATFORM, person.acts_for, person.name, region)
        return persons.invite_staff(PLATFORM, staff.id)
    (uscc,) = [firm.uscc for firm in city.enterprises if firm.key == person.acts_for]
    owner = Actor(ENTERPRISE, db.session.scalars(select(Enterprise.id).where(Enterprise.uscc == uscc)).one())
    asked = {"right": person.right, "staff_id": None, "email": None, "language": "zh"}
    _, code = persons.invite(owner, asked)
    assert code is not None
    return code


def _paper_codes(person_id: UUID) -> list[str]:
    authenticator = pyotp.parse_uri(persons.offer(person_id))
    assert isinstance(authenticator, pyotp.TOTP)
    return persons.confirm(person_id, authenticator.at(clock.now()))
