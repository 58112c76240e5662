"""What is sealed opens for its purpose, its owner and our keys only."""

from dataclasses import replace

import pytest

from marketplace import sealing
from marketplace.errors import Unavailable

OLD, NEW = f"1:{'a' * 64}", f"2:{'b' * 64}"


@pytest.fixture
def use(app, monkeypatch):
    """Have the application use these keys."""

    def choose(keys):
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], secret_keys=keys))

    with app.app_context():
        choose(OLD)
        yield choose


def test_what_is_sealed_says_nothing_and_opens_again(use):
    kept = sealing.seal("totp", "7", "JBSWY3DP")
    assert "JBSWY3DP" not in kept
    assert kept != sealing.seal("totp", "7", "JBSWY3DP")
    assert sealing.unseal("totp", "7", kept) == "JBSWY3DP"


@pytest.mark.parametrize(("purpose", "owner"), [("totp", "8"), ("mail", "7")])
def test_it_opens_for_no_other_purpose_and_no_other_row(use, purpose, owner):
    kept = sealing.seal("totp", "7", "JBSWY3DP")
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(purpose, owner, kept)


def test_what_was_changed_does_not_open(use):
    kept = sealing.seal("totp", "7", "JBSWY3DP")
    for changed in (kept[:-4] + "AAAA", kept + "A", kept[:30], "1.", "JBSWY3DP"):
        with pytest.raises(sealing.Unsealable):
            sealing.unseal("totp", "7", changed)


def test_a_new_key_seals_and_the_earlier_one_opens_until_it_is_gone(use):
    kept, signed = sealing.seal("totp", "7", "JBSWY3DP"), sealing.signature("mail", "x")
    use(f"{NEW}, {OLD}")
    assert sealing.seal("totp", "7", "x").startswith("2.")
    assert sealing.unseal("totp", "7", kept) == "JBSWY3DP"
    assert sealing.is_signed("mail", "x", signed)
    use(NEW)
    assert not sealing.is_signed("mail", "x", signed)
    with pytest.raises(sealing.Unsealable, match="key '1'"):
        sealing.unseal("totp", "7", kept)


def test_a_signature_is_for_one_text_and_one_purpose(use):
    signed = sealing.signature("mail", "x")
    assert sealing.is_signed("mail", "x", signed)
    assert not sealing.is_signed("mail", "y", signed)
    assert not sealing.is_signed("reset", "x", signed)


def test_without_a_key_nothing_is_kept_open(use):
    use("")
    assert not sealing.has_keys()
    with pytest.raises(Unavailable, match="secret_keys_missing"):
        sealing.seal("totp", "7", "JBSWY3DP")


@pytest.mark.parametrize("keys", ["abc", "1:zz", f"1:{'a' * 63}", f"{OLD},{OLD}"])
def test_keys_written_otherwise_keep_the_program_from_starting(keys):
    with pytest.raises(ValueError, match="SECRET_KEYS"):
        sealing.parse_keys(keys)
