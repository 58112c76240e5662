"""`make demo`: the main workflow on the demo city, run over HTTP and printed in English or Chinese."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from marketplace import embedded
from marketplace.child import ROOT
from marketplace.messages.names import Name, readable
from marketplace.supervisor import FLASK, Stack, Stopped, SupervisorError
from seed.demo import SHOWCASE_OWNER, demo_city, showcase
from seed.load_persons import PERSONS
from seed.show_credit import CreditCast, CreditShow
from seed.show_deal import Cast, DealShow, Ranking
from seed.show_kit import Party, ShowError, print_table, wait_for, width
from seed.showcase import DEALER, LATE_RECEIVER
from seed.stage import LOCAL, running_city, step, today

DELAYS_S = {"A": 0, "B": 2, "C": 4, "D": 6}
"""Seconds from the match to the release by grade, for the show; by default 0, 30 min, 2 h, 8 h."""
GATES_SHOWN = ("licence", "region", "credit")
LABELS: dict[str, dict[str, str]] = {
    "en": {
        "supply": "SUPPLY",
        "owner": "{name}, grade {grade}, region {region}",
        "terms": "{tonnes:,.0f} t, at least {least:g} t per load, pays {price:g} CNY/t, within {km:g} km,"
        " {first} to {last}",
        "ranked": "RANKED  {total} lawful receivers (policy version {version})",
        "ranking": "#|receiver|grade|km|score|code|distance|credit|price|quantity|time|legal basis",
        "refused": "REFUSED",
        "gate": '{name}: fails the condition "{gate}"',
        "rule": "rule: {source}",
        "notified": "NOTIFIED, in order of release (best credit first; delays shortened for this show)",
        "release": "#|grade|at|after posting|receiver|score",
        "keys": "creating two admins, and a key for the acid maker",
        "delays": "shortening the delays for the show to {delays} s (default 0, 30 min, 2 h, 8 h)",
        "posting": "posting the supply",
        "matching": "requesting the ranked lawful receivers",
        "asking": "asking why others were refused",
        "waiting": "waiting for the notifications, grade by grade",
        "stopped": "stopped",
        "failed": "The demo failed: {error}\nLogs: {logs}",
        "persons": "PERSONS  who log in with make serve DEMO=1, which prints their passwords",
        "done": "All stopped after {seconds:.1f} s. To continue by hand: make serve DEMO=1",
    },
    "zh": {
        "supply": "供应",
        "owner": "{name}，信用 {grade} 级，地区 {region}",
        "terms": "{tonnes:,.0f} 吨，每批不少于 {least:g} 吨，付处置费 {price:g} 元/吨，{km:g} 公里以内，"
        "{first} 至 {last}",
        "ranked": "排序  共 {total} 家合法接收单位（匹配策略第 {version} 版）",
        "ranking": "#|接收单位|信用|公里|匹配分|代码|距离|信用分|价格|数量|时间|合法依据",
        "refused": "未通过",
        "gate": "{name}：未通过准入条件“{gate}”",
        "rule": "依据：{source}",
        "notified": "通知  按信用先后发出（为演示缩短了间隔）",
        "release": "#|信用|时间|发布后|接收单位|匹配分",
        "keys": "新建两名管理员，并为产酸企业签发密钥",
        "delays": "为演示缩短通知间隔：{delays} 秒（默认为即时、30 分钟、2 小时、8 小时）",
        "posting": "发布供应信息",
        "matching": "查询排序后的合法接收单位",
        "asking": "查询其他单位未通过的原因",
        "waiting": "等待按信用等级发出的通知",
        "stopped": "已停止",
        "failed": "演示失败：{error}\n日志：{logs}",
        "persons": "演示人员  运行 make serve DEMO=1 后可登录同一城市，密码届时显示",
        "done": "用时 {seconds:.1f} 秒，已全部停止。如需继续手动操作：make serve DEMO=1",
    },
}
"""What is printed around the data, by language."""


def main() -> int:
    """Run the workflow and print it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m seed.show", description=__doc__)
    parser.add_argument("--language", choices=LABELS, default="en")
    language = parser.parse_args().language
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    labels, began = LABELS[language], time.monotonic()
    data_dir = Path(os.environ.get("DATA_DIR") or "var").absolute()
    try:
        with running_city(data_dir, language) as stack:
            Show(stack, language).run()
    except Stopped:
        print(labels["stopped"], file=sys.stderr)
        return 130
    except (SupervisorError, embedded.EmbeddedError, httpx.HTTPError, ShowError) as error:
        print(labels["failed"].format(error=error, logs=data_dir / "log"), file=sys.stderr)
        return 1
    print("\n" + labels["done"].format(seconds=time.monotonic() - began))
    return 0


def _stop(*_: Any) -> None:
    raise Stopped


class Show:
    """The workflow on a running platform: post, rank, ask why not, watch the notifications, deal, appeal."""

    def __init__(self, stack: Stack, language: str) -> None:
        self._stack = stack
        self._language = language
        self._labels = LABELS[language]

    def run(self) -> None:
        """Run all steps and print each.

        Raises:
            ShowError: the platform did something else than the demo is to show.
        """
        city = demo_city(today())
        who = {enterprise.key: enterprise for enterprise in city.enterprises}
        fleet = next(fleet for fleet in city.fleets if fleet.hazardous)
        owner, carrier, late = who[SHOWCASE_OWNER], who[fleet.enterprise_key], who[LATE_RECEIVER]
        with httpx.Client(base_url=f"{self._stack.base_url}/api/v1", timeout=30) as http:
            with step(self._labels["keys"]):
                admin, second, keys = self._first_keys(http, owner.uscc, carrier.uscc, late.uscc)
                maker = keys[owner.uscc]
            with step(self._labels["delays"].format(delays=_delays())):
                policy = admin.get("/matching-policy")
                admin.send("PUT", "/matching-policy", {**policy, "push_delay_s": DELAYS_S}, {"If-Match": "*"})
            with step(self._labels["posting"]):
                supply = maker.send("POST", "/listings", showcase(today()))
            self._print_supply(supply)
            with step(self._labels["matching"]):
                matches = maker.get(f"/listings/{supply['id']}/matches", limit=20)
            self._print_matches(matches)
            with step(self._labels["asking"]):
                refused = _refused(maker, supply, {item["listing"]["id"] for item in matches["items"]})
            self._print_refused(refused)
            with step(self._labels["waiting"]):
                inboxes = self._inboxes(http, admin, matches["items"])
                messages = _messages(inboxes, supply, matches["items"])
            self._print_messages(messages, supply)
            name = who[DEALER].name
            carrier_id = self._carrier_id(maker, carrier.name)
            cast = Cast(maker, inboxes[name], keys[carrier.uscc], carrier_id, fleet)
            DealShow(cast, Ranking(supply, matches), name, DELAYS_S, self._language).run()
            CreditShow(CreditCast(keys[late.uscc], admin, second, self._command), self._language).run()
        self._print_persons()

    def _party(self, http: httpx.Client, key: str) -> Party:
        return Party(http, key, self._language)

    def _command(self, *words: str) -> list[str]:
        """Lines that an operator's command prints."""
        done = subprocess.run(
            [sys.executable, *FLASK, *words],
            cwd=ROOT,
            env=self._stack.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ShowError(f"flask {' '.join(words)}: {done.stderr.strip()[-500:]}")
        return done.stdout.strip().splitlines()

    def _first_keys(self, http: httpx.Client, *usccs: str) -> tuple[Party, Party, dict[str, Party]]:
        """Two admins, and enterprises with fresh keys by USCC; each command is a process, all run at once."""
        names = "demo", "second demo"
        with ThreadPoolExecutor() as pool:
            admins = [pool.submit(self._command, "admin", "create", "--name", name) for name in names]
            keys = pool.submit(self._keys, http, *usccs)
            first, second = (self._party(http, admin.result()[-1]) for admin in admins)
            return first, second, keys.result()

    def _keys(self, http: httpx.Client, *usccs: str) -> dict[str, Party]:
        """Enterprises with fresh keys, by USCC."""
        lines = self._command("admin", "key", *usccs)[-len(usccs) :]
        return {uscc: self._party(http, key) for uscc, key in map(str.split, lines)}

    @staticmethod
    def _carrier_id(maker: Party, name: str) -> str:
        """The id of a carrier, from the list of those that may carry hazardous waste."""
        carriers = maker.get("/transporters", hazardous="true", limit=100)["items"]
        return next(str(carrier["id"]) for carrier in carriers if carrier["name"] == name)

    def _inboxes(self, http: httpx.Client, admin: Party, items: Sequence[dict[str, Any]]) -> dict[str, Party]:
        """The receivers of the matches with keys, by name."""
        receivers = {
            item["listing"]["enterprise"]["id"]: item["listing"]["enterprise"] for item in items
        }  # fmt: skip
        codes = {admin.get(f"/enterprises/{receiver_id}")["uscc"]: receiver_id for receiver_id in receivers}
        keys = self._keys(http, *codes)
        return {receivers[codes[uscc]]["name"]: party for uscc, party in keys.items()}

    # ------------------------------------------------------------ printing

    def _print_persons(self) -> None:
        """Who can log in to the city of `make serve DEMO=1`, and what waits for each."""
        print(f"\n  {self._labels['persons']}\n")
        for person in PERSONS:
            print(f"  {person.what}, {person.phone}: {person.waits}")

    def _named(self, group: str, value: str) -> str:
        """A value as people call it in the language of the show."""
        return str(readable(Name(group, value), self._language))

    def _print_supply(self, supply: dict[str, Any]) -> None:
        ranges = (
            f"{part['component']} {part['min']:g}-{part['max']:g} {part['unit']}"
            for part in supply["composition"]
        )
        waste, owner, label = supply["waste"], supply["enterprise"], self._labels["supply"]
        indent = " " * (width(label) + 4)
        about = self._labels["owner"].format(**owner, region=supply["region"])
        terms = self._labels["terms"].format(
            tonnes=supply["quantity_t"],
            least=supply["min_lot_t"],
            price=-supply["price_cny_per_t"],
            km=supply["max_distance_km"],
            first=supply["available_from"],
            last=supply["available_until"],
        )
        print(f"\n  {label}  {supply['title']}  {waste['scheme']} {waste['code']}  {', '.join(ranges)}")
        print(f"{indent}{about}\n{indent}{terms}\n")

    def _print_matches(self, matches: dict[str, Any]) -> None:
        rows = [
            [
                str(item["rank"]),
                item["listing"]["enterprise"]["name"],
                item["listing"]["enterprise"]["grade"],
                f"{item['distance_km']:.1f}",
                f"{item['score']:.4f}",
                *(f"{part['value']:.2f}" for part in item["components"]),
                self._basis(item["legal_basis"]),
            ]
            for item in matches["items"]
        ]
        label = self._labels["ranked"].format(total=matches["total"], version=matches["policy_version"])
        print(f"\n  {label}\n")
        print_table(self._labels["ranking"].split("|"), rows)

    def _basis(self, basis: dict[str, Any]) -> str:
        return f"{self._named('basis', basis['kind'])} {basis['reference'] or ''}"

    def _print_refused(self, refused: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        print(f"\n  {self._labels['refused']}\n")
        for demand, failed in refused:
            gate = self._named("gate", failed["gate"])
            print("  " + self._labels["gate"].format(name=demand["enterprise"]["name"], gate=gate))
            print(f"      {failed['detail']}\n      {self._labels['rule'].format(source=failed['source'])}")
        print()

    def _print_messages(self, messages: Sequence[dict[str, Any]], supply: dict[str, Any]) -> None:
        began = datetime.fromisoformat(supply["created_at"])
        rows = []
        for number, message in enumerate(messages, 1):
            at = datetime.fromisoformat(message["created_at"])
            rows.append(
                [
                    str(number),
                    message["grade"],
                    f"{at.astimezone(LOCAL):%H:%M:%S}",
                    f"+{(at - began).total_seconds():.1f} s",
                    message["to"],
                    f"{message['data']['score']:.4f}",
                ]
            )
        print(f"\n  {self._labels['notified']}\n")
        print_table(self._labels["release"].split("|"), rows)


def _delays() -> str:
    return ", ".join(f"{grade} {seconds}" for grade, seconds in DELAYS_S.items())


def _messages(
    inboxes: Mapping[str, Party], supply: dict[str, Any], items: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The messages about the supply in order of release, read from the receivers' inboxes."""
    grades = {item["listing"]["enterprise"]["name"]: item["listing"]["enterprise"]["grade"] for item in items}
    found: dict[str, dict[str, Any]] = {}

    def all_notified() -> bool | None:
        for name in inboxes.keys() - found.keys():
            for message in inboxes[name].get("/notifications")["items"]:
                if message["data"].get("counterpart_id") == supply["id"]:
                    found[name] = {**message, "to": name, "grade": grades[name]}
        return len(found) == len(inboxes) or None

    wait_for("a message to each receiver", all_notified)
    credit = {item["listing"]["enterprise"]["name"]: _credit(item) for item in items}
    return sorted(
        found.values(),
        key=lambda message: (message["created_at"], -credit[message["to"]], -message["data"]["score"]),
    )


def _refused(
    maker: Party, supply: dict[str, Any], lawful: set[str]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Demands for waste acid that a single gate refused, one for each gate shown: (listing, failed gate)."""
    by_gate: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for demand in _demands(maker):
        if demand["id"] not in lawful:
            failed = maker.get(f"/listings/{supply['id']}/matches/{demand['id']}")["failed_gates"]
            if len(failed) == 1:
                by_gate.setdefault(failed[0]["gate"], (demand, failed[0]))
    if not set(GATES_SHOWN) <= by_gate.keys():
        raise ShowError(f"no refusal was found for one of {', '.join(GATES_SHOWN)}")
    return [by_gate[gate] for gate in GATES_SHOWN]


def _demands(maker: Party) -> Iterator[dict[str, Any]]:
    """All open demands for waste acid that the maker may see."""
    cursor: dict[str, str] = {}
    while True:
        page = maker.get("/listings", kind="demand", code="HW34", limit=100, **cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def _credit(item: dict[str, Any]) -> float:
    """Credit score of the counterpart of a match."""
    raw: float = next(part["raw"] for part in item["components"] if part["name"] == "credit")
    return raw


if __name__ == "__main__":
    sys.exit(main())
