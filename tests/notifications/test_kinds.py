"""A kind of message is a member of `NotificationKind`, a row of `KINDS`, and its sentences."""

from dataclasses import replace

from marketplace.messages import LANGUAGES, facts_of, table
from marketplace.notifications.models import NotificationKind
from marketplace.notifications.schemas import NotificationDataSchema
from marketplace.notifications.service.delivery import email_lines
from marketplace.notifications.service.kinds import KINDS, heading_codes


def kinds_without_a_row():
    """What to add for each kind that has no row."""
    return [
        f"add a row for NotificationKind.{kind.name} to KINDS in marketplace/notifications/service/kinds.py:"
        " where the digest is to have its section"
        for kind in NotificationKind
        if kind not in KINDS
    ]


def missing_sentences():
    """What to add for each kind that lacks a sentence in a language."""
    codes = [(kind, use, code) for kind in KINDS for use, code in heading_codes(kind).items()]
    codes += [(kind, "line", code) for kind, row in KINDS.items() for code in row.email_line_codes]
    return [
        f"{kind!r} has no {use} in language {language!r}: add [{code}] with en and zh to"
        " marketplace/messages/mail.toml"
        for kind, use, code in codes
        for language in LANGUAGES
        if not table().get(code, {}).get(language)
    ]


def test_every_kind_has_a_row():
    assert not kinds_without_a_row()
    assert len(KINDS) == len(NotificationKind)


def test_every_kind_has_its_sentences_in_both_languages():
    assert not missing_sentences()


def test_a_kind_without_a_row_or_a_sentence_fails_with_what_to_add_and_where(monkeypatch):
    new_row = replace(KINDS[NotificationKind.KEY_EXPIRING], email_line_codes=("mail_line_deal_agreed",))
    kinds = {kind: row for kind, row in KINDS.items() if kind != NotificationKind.MATCH_FOUND}
    monkeypatch.setitem(globals(), "KINDS", {**kinds, "deal.agreed": new_row})

    assert [sentence.partition(" in ")[0] for sentence in kinds_without_a_row()] == [
        "add a row for NotificationKind.MATCH_FOUND to KINDS"
    ]
    missing = missing_sentences()
    assert len(missing) == 4 * len(LANGUAGES)
    assert missing[0] == (
        "'deal.agreed' has no subject in language 'en': add [mail_subject_single_deal_agreed] with en and zh"
        " to marketplace/messages/mail.toml"
    )
    assert "add [mail_line_deal_agreed]" in missing[-1]


def test_every_field_of_data_is_in_the_api():
    shown = set(NotificationDataSchema.optional)
    for kind, row in KINDS.items():
        assert row.data_fields <= shown, (
            f"add {sorted(row.data_fields - shown)} of {kind!r} to NotificationDataSchema in"
            " marketplace/notifications/schemas.py"
        )
    assert shown == set().union(*(row.data_fields for row in KINDS.values()))


def test_only_what_tells_of_the_end_of_a_listing_outlives_it():
    outliving = {kind for kind, row in KINDS.items() if row.outlives_listing}
    assert outliving == {NotificationKind.MATCH_WITHDRAWN}


def test_a_line_made_from_the_data_of_a_kind_needs_no_other_facts():
    for kind, row in KINDS.items():
        if row.email_line is email_lines.from_data:
            (code,) = row.email_line_codes
            made = {"price"} if "price_cny_per_t" in row.data_fields else set()
            missing = facts_of(table()[code]["en"]) - row.data_fields - made
            assert not missing, (
                f"[{code}] needs {sorted(missing)}: add them to data_fields of {kind!r} in KINDS"
            )
