"""What `deploy/` starts is closed: containers, units of systemd, roles of the database, users of Valkey."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from marketplace import embedded
from marketplace.embedded.server import TERSE
from marketplace.embedded.valkey_users import OPERATOR, USERS

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
UNITS = sorted(DEPLOY.glob("*.service"))
MOST_EXPOSED = 2.0
"""Of 10, as `systemd-analyze security` counts; the units of version 0.1 had 8.5."""


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_capability_writes_nowhere_and_has_limits(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 200
    assert service["mem_limit"]
    assert not {"privileged", "network_mode", "pid", "devices"} & service.keys()
    assert not [volume for volume in service.get("volumes", []) if "docker.sock" in volume]


def test_only_the_proxy_can_be_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service or "expose" in service] == [
        "proxy"
    ]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_every_image_can_be_named_by_its_digest():
    for name, service in SERVICES.items():
        assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[\w./:-]+\}", service["image"]), name


def test_no_password_stands_in_the_file_or_is_optional():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for use in re.findall(r"\$\{(\w*PASSWORD)(.*?)\}", text):
        assert use[1].startswith(":?"), use


def test_each_process_has_its_own_user_in_the_servers_and_only_one_is_the_owner():
    users = {
        name: re.search(r"redis://(\w+):", service["environment"]["REDIS_URL"])[1]
        for name, service in SERVICES.items()
        if "REDIS_URL" in service.get("environment", {})
    }
    workers = dict.fromkeys(("matching", "delivery", "webhooks", "bulk", "rerank"), "worker")
    assert users == {"prepare": "web", "web": "web", "scheduler": "scheduler", **workers}
    for name in users:
        environment = SERVICES[name]["environment"]
        assert environment["DATABASE_URL"].startswith(f"postgresql+psycopg://{embedded.APP}:")
        assert ("DATABASE_OWNER_URL" in environment) == (name == "prepare")


def test_the_containers_log_of_the_database_is_terse_too():
    flags = {flag[2:].split("=")[0]: flag.split("=")[1] for flag in SERVICES["postgres"]["command"][1:]}
    assert TERSE.items() <= flags.items()


def test_the_users_of_valkey_have_the_same_rules_everywhere():
    users = dict(re.findall(r"^user (\w+) on >\w+ (.+)$", (DEPLOY / "valkey.acl").read_text(), re.MULTILINE))
    assert users == {user: rules for user, rules in USERS.items() if user != OPERATOR}
    assert (DEPLOY / "valkey.acl").read_text().startswith("user default off ")


# ---------------------------------------------------------------- systemd


def unit(path: Path) -> dict[str, list[str]]:
    """The lines of [Service]; a name may come twice."""
    lines = path.read_text(encoding="utf-8").partition("[Service]")[2].partition("\n[")[0].splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_an_account_of_its_own_without_rights(path):
    found = unit(path)
    assert found["User"] == ["huanliu"]
    assert found["CapabilityBoundingSet"] == found["AmbientCapabilities"] == [""]
    assert found["NoNewPrivileges"] == found["PrivateDevices"] == ["true"]
    assert found["ProtectSystem"] == ["strict"]
    assert found["UMask"] == ["0077"]
    assert found["MemoryMax"]
    assert found["TasksMax"]
    assert ("-/etc/huanliu-owner.env" in found["EnvironmentFile"]) == (path.name == "huanliu-migrate.service")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_counts_a_unit_as_little_exposed(path, tmp_path):
    copy = tmp_path / path.name.replace("@", "@matching")
    copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(copy)],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert float(re.search(r"exposure level for .*: ([\d.]+)", said)[1]) <= MOST_EXPOSED


def test_the_proxy_of_the_containers_reads_where_it_stands_and_whom_it_asks():
    asked = re.findall(r"\{\$(\w+):", (DEPLOY / "Caddyfile").read_text(encoding="utf-8"))
    assert set(asked) == set(SERVICES["proxy"]["environment"])
    assert SERVICES["web"]["environment"]["PROXY_HOPS"] == 1
