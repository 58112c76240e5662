"""Whatever a sentence can name has its name in both languages."""

import csv
import importlib
import pkgutil
import re
from enum import Enum, StrEnum
from pathlib import Path

import pytest

import marketplace
import matching
from marketplace.catalogue.service.codes import CERTAIN
from marketplace.credit.models import AXES
from marketplace.enterprises.models import GRADES, ROLES
from marketplace.enterprises.service import ADMIN_ONLY
from marketplace.events.actor import ADMIN, ENTERPRISE, REGULATOR, SCOPES, SYSTEM
from marketplace.events.lifecycle import LifeCycle, wrong_state
from marketplace.http.fields import Choices, OneOf
from marketplace.http.schemas import Schema
from marketplace.licences.models import MODES
from marketplace.listings.models import ListingStatus
from marketplace.listings.service.listing_fields import ONE_SIDED
from marketplace.listings.service.sheets.vocabulary import WORDS
from marketplace.lives import LIVES
from marketplace.matches.service.exporting import COLUMNS as MATCH_COLUMNS
from marketplace.messages import LANGUAGES, say
from marketplace.messages.names import Name, group_of, names, readable

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def modules():
    for found in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


NEVER_NAMED = {"ChangedPart", "MailPurpose"}
"""Enums that no person reads: what processes exchange."""


def enums():
    return {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, StrEnum)
        and value is not StrEnum
        and value.__name__ not in NEVER_NAMED
    }


def lives():
    return {id(value): value for module in modules() for value in vars(module).values()
            if isinstance(value, LifeCycle)}.values()  # fmt: skip


def provinces():
    """The first two digits of the province-level regions of the catalogue."""
    with Path("seed/data/cn_regions.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["adcode"][:2] for row in csv.DictReader(file) if row["level"] == "province"]


def named_values():
    """(group, value) of everything that a sentence can name."""
    values = {
        "role": ROLES, "scope": SCOPES, "actor": (ENTERPRISE, ADMIN, REGULATOR, SYSTEM), "grade": GRADES,
        "axis": AXES, "mode": MODES, "gate": matching.GATES, "component": matching.model.policy.COMPONENTS,
        "subject": [life.model.__tablename__ for life in LIVES],
        "outcome": matching.model.Outcome, "evidence": CERTAIN, "province": provinces(),
        "match_column": MATCH_COLUMNS,
        "basis": [basis.name.lower() for basis in matching.Basis if basis >= 0],
        "move": [move.name for life in lives() for move in life.moves],
        "field": [*ADMIN_ONLY, *(name for fields in ONE_SIDED.values() for name in fields)],
        **WORDS,
    }  # fmt: skip
    values.update({group_of(enum): [member.value for member in enum] for enum in enums()})
    yield from ((group, str(value)) for group, members in values.items() for value in members)
    for check in checks_of_schemas():
        yield from ((name.group, name.value) for name in check.names if isinstance(name, Name))


def checks_of_schemas(of=Schema):
    for schema in of.__subclasses__():
        for field in schema._declared_fields.values():
            yield from _checks_of(field)
        yield from checks_of_schemas(schema)


def _checks_of(field):
    yield from (check for check in field.validators if isinstance(check, OneOf))
    if isinstance(field, Choices):
        yield field.check
    for name in ("inner", "key_field", "value_field"):
        if getattr(field, name, None) is not None:
            yield from _checks_of(getattr(field, name))


def test_every_value_that_a_sentence_can_name_has_its_name_in_both_languages():
    found = set(named_values())
    assert len(found) > 120
    lacking = sorted((group, value) for group, value in found if value not in names().get(group, {}))
    assert not lacking, "add to marketplace/messages/names.toml, with en and zh: " + ", ".join(
        f'[{group}."{value}"]' for group, value in lacking
    )


def test_every_name_and_form_has_both_languages():
    for group, entries in names().items():
        for value, entry in entries.items():
            place = f"[{group}.{value}] in marketplace/messages/names.toml"
            assert set(LANGUAGES) <= entry.keys(), f"{place} needs en and zh"
            forms = [entry, *(form for name, form in entry.items() if name not in LANGUAGES)]
            for words in forms:
                assert not CHINESE.search(words["en"]), f"the English of {place} is Chinese"
                assert CHINESE.search(words["zh"]) or group == "crs", f"the Chinese of {place} is not Chinese"
                assert not re.search("[a-z]_[a-z]", words["en"] + words["zh"]), f"{place} shows a code"


def test_words_of_sheets_are_the_names_of_the_same_values():
    for group, meanings in WORDS.items():
        for value, (chinese, english, *_) in meanings.items():
            entry = names()[group][value]
            assert entry["zh"] == chinese, f"[{group}.{value}] in names.toml and vocabulary.py differ"
            assert entry["en"].casefold().replace("-", "") == english.casefold(), (group, value)


def test_a_sentence_shows_names_in_the_language_of_its_reader():
    refusal = wrong_state("listing", ListingStatus.WITHDRAWN, "publish", (ListingStatus.DRAFT,))
    assert say(refusal.code, "zh", **refusal.facts) == "该信息已撤回，不能发布；只有草稿可以发布。"
    assert say(refusal.code, "en", **refusal.facts) == (
        "This listing is withdrawn and cannot be published; only one that is a draft can."
    )


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 row"), (0, "0 rows"), (2, "2 rows"), ("1", "1 row"), ("1,001", "1,001 rows")]
)
def test_a_number_chooses_between_the_word_for_one_and_that_for_many(count, words):
    number = readable(count, "en")
    assert f"{number} {number:row|rows}" == words


def test_a_list_of_names_can_show_the_values_that_programs_send():
    choices = OneOf(ROLES, "role").names
    assert say("one_of", "zh", choices=choices) == (
        "请选择：产废单位（generator）、利用处置单位（recycler）、运输单位（transporter）、收集单位（collector）。"
    )
    assert say("one_of", "en", choices=choices) == (
        "Choose one of: generator, recycler, transporter or collector."
    )
    assert say("scope_missing", "zh", scope=Name("scope", "admin")).startswith(
        "当前密钥没有“企业管理（admin）”权限"
    )
    assert format(readable(("HW34", "HW17"), "zh")) == "HW34、HW17"


def test_a_value_without_a_name_says_what_to_add():
    class Colour(Enum):
        RED = "red"

    with pytest.raises(KeyError, match=r"add \[colour.red\] with en and zh"):
        readable(Colour.RED, "en")
