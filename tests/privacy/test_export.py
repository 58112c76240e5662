"""An enterprise takes a copy of all that is kept of it."""

import json
from dataclasses import replace

from sqlalchemy import Uuid, inspect

from marketplace.database import Base
from marketplace.enterprises.models import Enterprise
from marketplace.privacy.service import HOLDINGS, NOT_EXPORTED

SECRET_COLUMNS = ("digest", "upload", "content")


def exported(party):
    response = party.get("/enterprises/me/export")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    return json.loads(response.get_data())["tables"]


def test_every_table_that_names_an_enterprise_is_exported_or_says_why_not():
    naming = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table is Enterprise.__table__ for key in table.foreign_keys)
    }
    assert naming <= {holding.name for holding in HOLDINGS} | NOT_EXPORTED.keys()


def test_no_export_holds_a_secret_or_the_bytes_of_a_file():
    for holding in HOLDINGS:
        shown = {column.name for column in inspect(holding.model).columns} - holding.hidden
        assert not shown.intersection(SECRET_COLUMNS), holding.name
        ids = {column.name for column in inspect(holding.model).columns if isinstance(column.type, Uuid)}
        assert not [name for name in shown & ids if name.endswith("_by")], holding.name


def test_it_holds_ones_own_rows_and_none_of_a_neighbour(marketplace):
    mine, other = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    for party in (mine, other):
        party.save_search({"kind": "demand"}, name=party.id)
        marketplace.supply(party, title=party.id)

    tables, text = exported(mine), json.dumps(exported(mine))

    assert [row["id"] for row in tables["enterprise"]] == [mine.id]
    assert [row["title"] for row in tables["listing"]] == [mine.id]
    assert [row["name"] for row in tables["saved_search"]] == [mine.id]
    assert other.id not in text
    assert "digest" not in text


def test_moments_and_days_are_as_everywhere(marketplace):
    mine = marketplace.enterprise("generator")
    supply = marketplace.supply(mine)

    tables = exported(mine)

    (listing,) = tables["listing"]
    for name in ("available_from", "created_at"):
        assert listing[name] == supply[name]
    assert tables["audit"][0]["at"].endswith("Z")
    assert tables["audit"][-1]["action"] == "export", "that it was taken is part of it"
    assert "GMT" not in json.dumps(tables)


def test_a_key_without_the_admin_scope_takes_none(marketplace):
    owner = marketplace.enterprise("generator")
    key = owner.post("/api-keys", {"name": "till", "scopes": ["read"]}).json["api_key"]
    response = replace(owner, key=key).get("/enterprises/me/export")
    assert (response.status_code, response.json["code"]) == (403, "scope_missing")


def test_it_says_what_staff_read(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.admin.get(f"/enterprises/{owner.id}")
    reads = [row["detail"]["parts"] for row in exported(owner)["audit"] if row["action"] == "read"]
    assert reads == [["contact"]]


def test_it_tells_no_news_before_its_hour_and_not_where_staff_sat(marketplace):
    recycler, generator = marketplace.recycler("C"), marketplace.enterprise("generator")
    demand = marketplace.demand(recycler)
    marketplace.settle()
    marketplace.supply(generator)
    marketplace.settle()
    marketplace.admin.get(f"/enterprises/{recycler.id}")

    tables = exported(recycler)
    assert [row["id"] for row in tables["listing"]] == [demand["id"]]
    assert [row for row in tables["notification"] if row["kind"] == "match.found"] == []
    assert not {"address", "key_id", "actor_id"} & tables["audit"][-1].keys()

    marketplace.wait(hours=9)
    assert "match.found" in {row["kind"] for row in exported(recycler)["notification"]}
