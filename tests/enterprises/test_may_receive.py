"""Who may trade, receive and supply: the same for rows, in statements, and by the gate of matching."""

from itertools import product
from types import SimpleNamespace

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import aliased

import matching
from marketplace.database import db
from marketplace.enterprises import service
from marketplace.enterprises.models import Enterprise, EnterpriseStatus, Grade
from matching.rules import gates

ALL = [
    Enterprise(status=status, grade=grade, blocked=blocked)
    for status, grade, blocked in product(EnterpriseStatus, Grade, (False, True))
]
PAIRS = list(product(ALL, ALL))


def test_a_supplier_may_hand_waste_to_a_receiver_where_gate_credit_lets_it():
    supplies, demands = (
        SimpleNamespace(
            grade=np.array([matching.Grade[side.grade] for side in sides]),
            blocked=np.array([side.blocked for side in sides]),
        )
        for sides in zip(*PAIRS, strict=True)
    )
    pairs = SimpleNamespace(supplies=supplies, demands=demands, spread=lambda values: values)

    passes, _ = gates.credit(pairs)

    assert passes.tolist() == [service.may_supply(supplier, receiver) for supplier, receiver in PAIRS]


def test_who_may_receive_is_who_may_receive_from_a_supplier_in_good_credit():
    good = Enterprise(status=EnterpriseStatus.APPROVED, grade=Grade.A, blocked=False)
    assert [row.may_receive for row in ALL] == [service.may_supply(good, row) for row in ALL]


def test_statements_decide_as_rows_do(app):
    supplier, receiver = (aliased(Enterprise, name=name) for name in ("s", "r"))
    conditions = (
        receiver.may_trade,
        receiver.may_receive,
        service.may_supply(supplier, receiver),
    )
    values = ", ".join(
        f"({number}, '{row.status}', '{row.grade}', {row.blocked})" for number, row in enumerate(ALL)
    )
    statement = (
        f"WITH e (no, status, grade, blocked) AS (VALUES {values})"
        f" SELECT {', '.join(map(service.as_sql, conditions))} FROM e s, e r ORDER BY s.no, r.no"
    )
    with app.app_context():
        found = [tuple(row) for row in db.session.execute(text(statement))]

    assert found == [
        (
            receiver_row.may_trade,
            receiver_row.may_receive,
            service.may_supply(supplier_row, receiver_row),
        )
        for supplier_row, receiver_row in PAIRS
    ]
