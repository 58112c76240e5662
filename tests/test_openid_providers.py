"""The file of providers: what it may say; whatever cannot be meant keeps the program from starting."""

import pytest

from marketplace.openid_providers import read_providers
from marketplace.settings import Settings

GOOD = {
    "issuer": '"https://login.city.example"', "name": '"绍兴政务"', "client_id": '"huanliu"',
    "client_secret_file": '"secrets/city"', "hosts": '["keys.city.example"]', "inside": "true",
    "staff_regions": '["330600"]', "enterprise_regions": '["330602"]', "usccs": '["91330600MA1234567X"]',
    "uscc_claim": '"org"', "right": '"trader"',
}  # fmt: skip


def written(tmp_path, head="[city]", **values):
    lines = [head, *(f"{name} = {value}" for name, value in {**GOOD, **values}.items() if value)]
    path = tmp_path / "providers.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_provider_is_what_its_table_says(tmp_path):
    (provider,) = Settings(oidc_providers=written(tmp_path)).openid_providers
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "city").write_text("of the city\n")
    assert (provider.key, provider.secret(), provider.is_inside) == ("city", "of the city", True)
    assert (provider.name("zh-CN"), provider.name("en")) == ("绍兴政务", "绍兴政务")
    assert (provider.staff_regions, provider.enterprise_regions) == ({330600}, {330602})
    assert (provider.uscc_claim, provider.right, provider.serves_everybody) == ("org", "trader", False)


def test_without_a_name_it_is_called_by_its_host(tmp_path):
    (provider,) = read_providers(written(tmp_path, name=""))
    assert provider.name("zh-CN") == "login.city.example"


@pytest.mark.parametrize("wrong", [
    {"head": "[City]"}, {"head": "[return]"}, {"head": "city = 1"}, {"head": "[city"},
    {"head": f"[same]\nissuer = {GOOD['issuer']}\nclient_id = 'x'\nusccs = {GOOD['usccs']}\n[city]"},
    {"issuer": '"http://login.city.example"'}, {"issuer": ""}, {"issuer": '"https:///x"'}, {"client_id": ""},
    {"client_id": "7"}, {"client_secret": '"in the file"'}, {"client_secret_file": '""'}, {"name": "7"},
    {"name": '{ fr = "x" }'}, {"hosts": '"keys.city.example"'}, {"inside": '"no"'}, {"right": '"admin"'},
    {"staff_regions": '["33"]'}, {"staff_regions": "[330600]"}, {"usccs": '["9133"]'},
    {"staff_regions": "", "enterprise_regions": "", "usccs": ""},
    {"staff_regions": "[]", "enterprise_regions": "", "usccs": ""},
])  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="OIDC_PROVIDERS"):
        Settings(oidc_providers=written(tmp_path, **wrong))


def test_a_file_that_is_not_there_or_is_empty_is_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path / "empty.toml"):
        (tmp_path / "empty.toml").touch()
        with pytest.raises(ValueError, match="OIDC_PROVIDERS"):
            Settings(oidc_providers=str(path))


def test_a_provider_for_anybody_is_alone(tmp_path):
    with pytest.raises(ValueError, match="OIDC_PROVIDERS and OIDC_ISSUER"):
        Settings(oidc_providers=written(tmp_path), oidc_issuer="https://a.example", oidc_client_id="x")


def test_a_secret_is_not_shown(tmp_path):
    settings = Settings(oidc_issuer="https://a.example", oidc_client_id="x", oidc_client_secret="hidden")
    assert "hidden" not in repr(settings.openid_providers)
