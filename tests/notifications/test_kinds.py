"""A kind of message is a member of `NotificationKind`, a row of `KINDS`, and its sentences."""

import pytest

from marketplace.messages import LANGUAGES, table
from marketplace.notifications.models import NotificationKind
from marketplace.notifications.schemas import NotificationDataSchema
from marketplace.notifications.service.kinds import KINDS, heading_codes

CODES = [(kind, use, code) for kind in KINDS for use, code in heading_codes(kind).items()]
CODES += [(kind, "line", code) for kind, row in KINDS.items() for code in row.email_line_codes]


def test_every_kind_has_a_row():
    for kind in NotificationKind:
        assert kind in KINDS, (
            f"add a row for NotificationKind.{kind.name} to KINDS in"
            " marketplace/notifications/service/kinds.py: where the digest is to have its section"
        )
    assert len(KINDS) == len(NotificationKind)


@pytest.mark.parametrize(("kind", "use", "code"), CODES)
def test_every_kind_has_its_sentences_in_both_languages(kind, use, code):
    sentence = table().get(code, {})
    for language in LANGUAGES:
        assert sentence.get(language), (
            f"{kind!r} has no {use} in language {language!r}: add [{code}] with en and zh to"
            " marketplace/messages/mail.toml"
        )


def test_every_field_of_data_is_in_the_api():
    shown = set(NotificationDataSchema.optional)
    for kind, row in KINDS.items():
        assert row.data_fields <= shown, (
            f"add {sorted(row.data_fields - shown)} of {kind!r} to NotificationDataSchema in"
            " marketplace/notifications/schemas.py"
        )
    assert shown == set().union(*(row.data_fields for row in KINDS.values()))


def test_kinds_about_a_listing_are_deduplicated_and_no_others():
    assert {kind for kind, row in KINDS.items() if not row.is_deduplicated} == {NotificationKind.KEY_EXPIRING}
