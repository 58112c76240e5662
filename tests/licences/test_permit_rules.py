"""Rules about permits: every kind has its holders; what SQL says of them Python says too."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import matching
from marketplace import clock
from marketplace.catalogue import service as catalogue
from marketplace.catalogue.models import Mode
from marketplace.database import Base, db
from marketplace.enterprises.models import Enterprise
from marketplace.licences import service as licences
from marketplace.licences.models import Licence, mode_mask, modes_of
from marketplace.licences.service.lookup import HOLDERS
from tests.marketplace import TODAY

PERMITS = sorted(
    (
        mapper.class_
        for mapper in Base.registry.mappers
        if "revoked_at" in mapper.columns and mapper.class_.__module__ == Licence.__module__
    ),
    key=lambda model: model.__name__,
)


@pytest.mark.parametrize("model", PERMITS, ids=lambda model: model.__name__)
def test_every_kind_of_permit_says_whose_it_is(model):
    assert model in HOLDERS, f"{model.__name__}: add who holds it to HOLDERS in licences/service/lookup.py"


@given(st.lists(st.sampled_from(list(Mode)), min_size=1))
def test_a_mask_of_modes_reads_as_it_was_written(modes):
    assert set(modes_of(mode_mask(modes))) == set(modes)
    for mode in modes:
        assert mode_mask(modes) >> matching.Mode[mode.name] & 1


def test_a_licence_covers_what_the_gates_find_valid_today_or_later(marketplace):
    holder = marketplace.enterprise("recycler")
    days = (-400, -1, 0, 1, 400)
    for first, last in product(days, days):
        if first <= last:
            about = {"valid_from": str(TODAY + timedelta(first)), "valid_until": str(TODAY + timedelta(last))}
            marketplace.licence(holder, "HW34", **about)
            tables = permit_tables_on(marketplace, holder, "HW34", TODAY)
            assert covers(marketplace, holder, "HW34") is (len(tables.permits["code"]) > 0)
            revoke_all(marketplace, holder)
            assert not covers(marketplace, holder, "HW34")
            assert not len(permit_tables_on(marketplace, holder, "HW34", TODAY).permits["code"])


def code_id_of(code):
    return catalogue.find_code("cn-hw", code).id


def covers(marketplace, holder, code):
    with marketplace.app.app_context():
        return bool(licences.licensed_codes(holder.id, [code_id_of(code)]))


def permit_tables_on(marketplace, holder, code, day: date):
    with marketplace.app.app_context():
        number = db.session.get_one(Enterprise, holder.id).no
        return licences.permit_tables([code_id_of(code)], [number], day)


def revoke_all(marketplace, holder):
    with marketplace.app.app_context():
        db.session.query(Licence).filter_by(enterprise_id=holder.id).update({"revoked_at": clock.now()})
        db.session.commit()
