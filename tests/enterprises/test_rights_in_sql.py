"""Rules about enterprises that stand in SQL as well as in Python: both say the same."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import aliased

import matching
from marketplace.catalogue import service as catalogue
from marketplace.catalogue.models import Region
from marketplace.database import db
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import TRUSTED_GRADES, Enterprise, EnterpriseStatus, Grade
from marketplace.events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from marketplace.events.work import unit_of_work
from marketplace.listings.models import Listing
from matching.rules import gates
from tests.marketplace import new_uscc

RULES = ("may_trade", "is_supervised", "may_receive")
ANY_ENTERPRISE = dict.fromkeys(("grade", "status", "blocked", "role", "region", "q"))


def write_enterprises(states, region=330602):
    with unit_of_work() as work:
        return [
            work.add(
                Enterprise(
                    uscc=new_uscc(), name="x", roles=["recycler"], region=region, lon=120.5, lat=30.0,
                    contact_name="x", contact_email="x@example.com", contact_phone="1",
                    status=status, grade=grade, blocked=blocked,
                )
            )
            for status, grade, blocked in states
        ]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_who_may_trade_and_receive_is_the_same_of_a_row_and_in_a_query(marketplace, rule):
    with marketplace.app.app_context():
        rows = write_enterprises(product(EnterpriseStatus, Grade, (False, True)))
        found = set(db.session.scalars(select(Enterprise.id).where(getattr(Enterprise, rule))))
        assert found == {row.id for row in rows if getattr(row, rule)}
        assert 0 < len(found) < len(rows)


def test_who_may_receive_from_whom_is_as_the_gate_of_matching_has_it():
    for grades in product(Grade, repeat=2):
        for supplier_blocked, receiver_blocked in product((False, True), repeat=2):
            supplier = Enterprise(grade=grades[0], blocked=supplier_blocked)
            receiver = Enterprise(grade=grades[1], blocked=receiver_blocked)
            sides = [
                SimpleNamespace(
                    grade=np.array([matching.Grade[side.grade.name]]), blocked=np.array([side.blocked])
                )
                for side in (supplier, receiver)
            ]
            pairs = SimpleNamespace(supplies=sides[0], demands=sides[1], spread=lambda column: column)
            (passes,), _ = gates.credit(pairs)
            trusted = not supplier.is_supervised or receiver.grade in TRUSTED_GRADES
            assert bool(passes) is (receiver.may_receive and trusted), (supplier.grade, receiver.grade)


def test_who_may_trade_is_the_same_by_id_by_row_and_in_a_condition(marketplace):
    with marketplace.app.app_context():
        rows = write_enterprises((status, Grade.A, False) for status in EnterpriseStatus)
        for row in rows:
            condition = enterprises.may_trade_condition(Enterprise.id)
            by_condition = db.session.scalar(select(condition).where(Enterprise.id == row.id))
            assert enterprises.may_trade(row.id) is by_condition is row.may_trade
        assert enterprises.may_trade(*(row.id for row in rows)) is False
        assert str(enterprises.may_trade_condition(Listing.enterprise_id)).startswith("NOT (EXISTS")


@pytest.mark.parametrize("region", [330000, 330600, 330602, 330683, 110000])
def test_a_region_covers_by_code_what_a_query_finds_in_it(marketplace, region):
    with marketplace.app.app_context():
        inside = select(Region.adcode).where(catalogue.within(Region.adcode, region))
        everywhere = db.session.scalars(select(Region.adcode)).all()
        covered = {adcode for adcode in everywhere if catalogue.region_covers(region, adcode)}
        assert set(db.session.scalars(inside)) == covered
        assert covered == {
            adcode for adcode in everywhere if region in catalogue.region_with_ancestors(adcode)
        }


@pytest.mark.parametrize("region", [330000, 330602, 110000])
def test_a_regulator_lists_whom_it_may_see_all_of(marketplace, region):
    with marketplace.app.app_context():
        rows = [
            row
            for adcode in (330602, 330683, 320000, 110101)
            for row in write_enterprises([(EnterpriseStatus.APPROVED, Grade.B, False)], adcode)
        ]
        regulator = Actor(REGULATOR, region=region)
        query = {**ANY_ENTERPRISE, "sort": "score", "limit": 50}
        listed = {row.id for row in enterprises.search(regulator, query, None)}
        assert listed == {row.id for row in rows if enterprises.sees_all_of(regulator, row)}
        assert listed == set(db.session.scalars(enterprises.ids_within(region)))
        assert all(enterprises.sees_all_of(Actor(ADMIN), row) for row in rows)
        assert [row for row in rows if enterprises.sees_all_of(Actor(ENTERPRISE, rows[0].id), row)] == rows[
            :1
        ]


def test_a_contact_is_read_as_it_was_written():
    contact = {"name": "王", "email": "wang@example.com", "phone": "0575-1"}
    enterprise = Enterprise(**enterprises.contacts.contact_columns(contact))
    assert enterprises.contact_for(enterprise) == contact


def test_a_supplier_may_hand_waste_to_a_receiver_where_gate_credit_lets_it():
    rows = [Enterprise(grade=grade, blocked=blocked) for grade, blocked in product(Grade, (False, True))]
    pairs = list(product(rows, rows))
    supplies, demands = (
        SimpleNamespace(
            grade=np.array([matching.Grade[side.grade] for side in sides]),
            blocked=np.array([side.blocked for side in sides]),
        )
        for sides in zip(*pairs, strict=True)
    )
    passes, _ = gates.credit(
        SimpleNamespace(supplies=supplies, demands=demands, spread=lambda values: values)
    )
    assert passes.tolist() == [enterprises.may_supply(supplier, receiver) for supplier, receiver in pairs]


def test_who_may_trade_receive_and_supply_is_the_same_of_rows_and_as_text(marketplace):
    supplier, receiver = aliased(Enterprise, name="supplier"), aliased(Enterprise, name="receiver")
    conditions = (receiver.may_trade, receiver.may_receive, enterprises.may_supply(supplier, receiver))
    select_all = ", ".join(map(enterprises.as_sql, conditions))
    with marketplace.app.app_context():
        rows = write_enterprises(product(EnterpriseStatus, Grade, (False, True)))
        found = db.session.execute(
            text(
                f"SELECT {select_all} FROM enterprise supplier, enterprise receiver"
                " WHERE supplier.id = ANY(:ids) AND receiver.id = ANY(:ids)"
                " ORDER BY supplier.id, receiver.id"
            ),
            {"ids": [row.id for row in rows]},
        ).all()
        ordered = sorted(rows, key=lambda row: row.id)
        assert [tuple(row) for row in found] == [
            (to.may_trade, to.may_receive, enterprises.may_supply(giver, to))
            for giver, to in product(ordered, ordered)
        ]
