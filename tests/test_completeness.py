"""What is only half declared fails, with a sentence that says what to add and where.

Each check is a function from declarations to sentences: one test holds the project to it, another breaks a
copy and reads the sentence. Moves without a party are in `tests/events/test_lifecycle.py`, tasks with a wrong
argument in `tests/events/test_registry.py`, routes without cases in `tests/test_house.py`.
"""

import ast
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, Column, Date, MetaData, Table

from marketplace.credit.models import AXES, Severity
from marketplace.credit.service import current_rules
from marketplace.credit.service.lapse import lapse_date
from marketplace.database import Base
from marketplace.ledger.models import LedgerAnchor, LedgerEntry, LedgerHead
from marketplace.ledger.service.kinds import KINDS, NOT_KEPT
from tests.marketplace import TODAY

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = "every part of marketplace has its place, and looks down only"


# ---------------------------------------------------------------- a room without a place in the contracts


def parts_without_a_layer(root):
    """A sentence for each module or package of marketplace that the layers do not name."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = [contract for contract in settings["contracts"] if contract["name"] == CONTRACT]
    placed = {name for layer in contract["layers"] for name in re.findall(r"\w+", layer)}
    packages = {path.parent.name for path in (root / "marketplace").glob("*/__init__.py")}
    modules = {path.stem for path in (root / "marketplace").glob("*.py")} - {"__init__"}
    return [
        f'marketplace/{name} has no place in the import contracts: add "{name}" to `layers` of the contract'
        f' "{CONTRACT}" in pyproject.toml, above what it imports and below what imports it'
        for name in sorted((packages | modules) - placed)
    ]


def test_every_part_of_marketplace_has_its_place_in_the_import_contracts():
    assert not parts_without_a_layer(ROOT)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert all(contract["exhaustive"] for contract in contracts["contracts"] if contract["type"] == "layers")


def test_a_room_left_out_of_the_import_contracts_fails_with_where_to_add_it(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ("listings", "laundries"):
        (tmp_path / "marketplace" / room).mkdir(parents=True)
        (tmp_path / "marketplace" / room / "__init__.py").touch()

    (sentence,) = parts_without_a_layer(tmp_path)
    assert (
        'marketplace/laundries has no place in the import contracts: add "laundries" to `layers`' in sentence
    )
    assert "pyproject.toml" in sentence


# ---------------------------------------------------------------- a room that uses what is another's own


def borrowed(path, source, room):
    """A sentence for each line that imports another room's routes or schemas."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                other = re.fullmatch(r"(?:marketplace\.)?(\w+)\.(routes|schemas)(?:\.\w+)?", name)
                absolute = node.level == 0 and name.startswith("marketplace.")
                relative = node.level >= 2
                if other and (absolute or relative) and other[1] not in (room, "http"):
                    found.add(
                        f"{path}:{node.lineno}: {other[1]}.{other[2]} is that room's own;"
                        f" call a function of {other[1]}.service"
                    )
    return sorted(found)


def test_no_room_borrows_the_routes_or_schemas_of_another():
    found = []
    for path in (ROOT / "marketplace").glob("*/**/*.py"):
        relative = path.relative_to(ROOT)
        found += borrowed(relative, path.read_text(encoding="utf-8"), relative.parts[1])
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "from marketplace.listings.schemas import ListingSchema",
        "from ..listings.schemas import ListingSchema",
        "from ..listings.schemas.drafts import DraftSchema",
        "from ...listings import schemas",
        "from ..listings import routes",
    ],
)
def test_a_borrowed_schema_or_route_is_named_with_what_to_call_instead(line):
    (sentence,) = borrowed("marketplace/deals/routes.py", line, "deals")
    assert sentence.startswith("marketplace/deals/routes.py:1: listings.")
    assert sentence.endswith("is that room's own; call a function of listings.service")


@pytest.mark.parametrize(
    "line", ["from .schemas import A", "from ..http.schemas import Schema", "from ...schemas import B"]
)
def test_a_room_uses_its_own_schemas_and_the_shared_ones(line):
    assert borrowed("marketplace/deals/service/sell.py", line, "deals") == []


# ---------------------------------------------------------------- a rule or permit without a validity


def rule_gaps(rules, lapse=lapse_date):
    """A sentence for everything that an event needs and its rule of credit does not give."""
    place = "the rule table (PUT /credit/rules; its first version is in migrations/versions)"
    found = []
    for rule in rules:
        if rule.get("axis") not in AXES:
            found.append(f"{rule['code']} has no axis: give it one of {', '.join(AXES)} in {place}")
        if rule.get("points") is None:
            found.append(f"{rule['code']} has no points: give it some, or 0 to note only, in {place}")
        elif rule["points"] < 0 and not rule.get("severity"):
            found.append(f"{rule['code']} has no severity: give it one of {', '.join(Severity)} in {place}")
        found += [
            f"{rule['code']} has no title in one language: give it `{name}` in {place}"
            for name in ("title", "title_zh")
            if not rule.get(name)
        ]
    if any(lapse(TODAY, rule["months"]) <= TODAY for rule in rules):
        found.append("an event never counts: let `lapse_date` in credit/service/lapse.py give a later day")
    return found


def test_every_rule_of_credit_is_complete_and_its_events_lapse(app):
    with app.app_context():
        rules = current_rules().rules
    assert len(rules) > 5
    assert not rule_gaps(rules)


def test_an_incomplete_rule_of_credit_fails_with_what_it_lacks():
    about = {"title": "Dust", "title_zh": "扬尘", "months": 12, "severity": "light"}
    rule = {"code": "site.dust", "axis": "site", "points": -2, **about}
    assert rule_gaps([rule]) == []
    assert rule_gaps([{**rule, "axis": "air"}])[0].startswith("site.dust has no axis: give it one of law,")
    assert rule_gaps([{**rule, "points": None}])[0].startswith("site.dust has no points: give it some, or 0")
    assert rule_gaps([{**rule, "severity": None}])[0].startswith("site.dust has no severity: give it one of")
    assert "give it `title_zh` in the rule table" in rule_gaps([{**rule, "title_zh": None}])[0]
    assert "`lapse_date` in credit/service/lapse.py" in rule_gaps([rule], lambda day, months: day)[0]


def permits_without_a_validity(metadata):
    """A sentence for each table that can be revoked, as permits can, and has no validity."""
    found = []
    for table in metadata.sorted_tables:
        if "revoked_at" in table.columns and "valid_from" not in table.columns and table.name != "api_key":
            found.append(f"{table.name} has no validity: derive its class from _Permit in licences/models")
        if {"valid_from", "valid_until"} <= set(table.columns.keys()) and not any(
            "valid_from <= valid_until" in str(check.sqltext)
            for check in table.constraints
            if isinstance(check, CheckConstraint)
        ):
            found.append(
                f"{table.name} may end before it begins: add CheckConstraint(valid_from <= valid_until)"
                " to its __table_args__"
            )
    return found


def test_every_permit_says_from_when_to_when_it_holds(app):
    assert not permits_without_a_validity(Base.metadata)


def test_a_permit_without_a_validity_fails_with_what_to_add():
    metadata = MetaData()
    Table("pass", metadata, Column("revoked_at", Date))
    Table("visa", metadata, Column("valid_from", Date), Column("valid_until", Date))

    assert permits_without_a_validity(metadata) == [
        "pass has no validity: derive its class from _Permit in licences/models",
        "visa may end before it begins: add CheckConstraint(valid_from <= valid_until) to its __table_args__",
    ]


# ---------------------------------------------------------------- a table that the ledger does not keep


def unsealed_tables(tables, kept):
    """A sentence for each table of credit whose changes are no entries of the ledger."""
    own = {model.__tablename__ for model in (LedgerAnchor, LedgerEntry, LedgerHead)}
    of_credit = {name for name in tables if name.startswith("credit_")}
    return [
        f"changes of {name} are not sealed: add Kind(...) for it to KINDS in"
        " marketplace/ledger/service/kinds.py, or its name to NOT_KEPT there, with the reason"
        for name in sorted(of_credit - own - kept)
    ]


def test_every_change_of_credit_is_sealed_or_the_reason_is_given():
    kept = {kind.name for kind in KINDS} | NOT_KEPT.keys()
    assert not unsealed_tables(Base.metadata.tables, kept)
    assert set(kept) <= Base.metadata.tables.keys()


def test_a_table_of_credit_that_the_ledger_forgets_fails_with_where_to_add_it():
    (sentence,) = unsealed_tables(["credit_favour", "credit_event", "listing"], {"credit_event"})
    assert sentence.startswith("changes of credit_favour are not sealed: add Kind(...)")
