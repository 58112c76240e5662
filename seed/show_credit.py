"""The third part of the demo: a load that was received late, what credit made of it, who may take it back.

The load is of the city's past, and the scheduler found it late when the platform started. Its receiver
appeals, and an admin takes the event back. Of an entry by an officer only another one can.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from seed.show_credit_labels import LABELS
from seed.show_kit import Party, ShowError, wait_for
from seed.stage import LOCAL, step

LATE, PENALTY = "manifest.late_close", "law.penalty_minor"


@dataclass(frozen=True)
class CreditCast:
    """Who acts in this part: the receiver of the late load, two admins, and the operator.

    `operator` runs a command of the platform and returns the lines that it prints.
    """

    receiver: Party
    first: Party
    second: Party
    operator: Callable[..., list[str]]


class CreditShow:
    """The third part on a running platform."""

    def __init__(self, cast: CreditCast, language: str) -> None:
        self._cast = cast
        self._labels = LABELS[language]
        self._title = {"en": "title", "zh": "title_zh"}[language]
        self._enterprise: dict[str, Any]

    def run(self) -> None:
        """Appeal, be refused, verify, and print each.

        Raises:
            ShowError: the platform did something else than the demo is to show.
        """
        print()
        with step(self._labels["looking"]):
            load = wait_for("a late load", self._late_load)
            self._enterprise = load["receiver"]
            event = wait_for("the event of the late load", lambda: self._event_about(load["number"]))
            before = wait_for("the message about the grade", lambda: self._before(event))
            low = self._standing()
        self._print_late(load, event, before, low)
        with step(self._labels["appealing"]):
            self._receive(load)
            appeal = self._appeal(event, "reason")
            self._overturn(appeal, "answer")
        self._print_appeal(appeal, low)
        high = self._standing()
        with step(self._labels["deciding"]):
            entered = self._enter_penalty(_day_of(appeal["created_at"]))
            lower, appeal = self._standing(), self._appeal(entered, "wrong_one")
            refusal = self._decide_alone(appeal)
            self._overturn(appeal, "right")
        self._print_four_eyes(entered, refusal, high, lower)
        with step(self._labels["verifying"]):
            verified = wait_for("the ledger verified", self._verified)
            chain = self._cast.operator("credit", "chain", self._enterprise["id"])
        self._print_ledger(verified, chain)

    # ------------------------------------------------------------ what is done

    def _late_load(self) -> dict[str, Any] | None:
        loads = self._cast.receiver.get("/manifests", role="receiver", late="true")["items"]
        return next((load for load in loads if "receive" in load["late"]), None)

    def _event_about(self, document: str) -> dict[str, Any] | None:
        path = f"/enterprises/{self._enterprise['id']}/credit/events"
        events = self._cast.receiver.get(path)["items"]
        return next(
            (event for event in events if (event["rule"], event["document"]) == (LATE, document)), None
        )

    def _before(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Score and grade before the event, by the message that the enterprise got about its grade."""
        for message in self._cast.receiver.get("/notifications", limit=100)["items"]:
            if message["kind"] == "grade.changed":
                score = self._standing()["score"] - event["points"]
                return {"score": score, "grade": message["data"]["grade_before"]}
        return None

    def _standing(self) -> dict[str, Any]:
        shown: dict[str, Any] = self._cast.receiver.get(f"/enterprises/{self._enterprise['id']}/credit")
        return shown

    def _receive(self, load: dict[str, Any]) -> None:
        path = f"/manifests/{load['id']}"
        self._cast.receiver.post(f"{path}/receive", {"weight_t": load["picked_up_t"]})
        self._cast.receiver.post(f"{path}/close")

    def _appeal(self, event: dict[str, Any], reason: str) -> dict[str, Any]:
        body = {"reason": self._labels[reason]}
        appeal: dict[str, Any] = self._cast.receiver.post(f"/credit/events/{event['id']}/appeal", body)
        return appeal

    def _overturn(self, appeal: dict[str, Any], reason: str) -> None:
        body = {"decision": "overturn", "reason": self._labels[reason]}
        decided = self._cast.second.post(f"/credit/appeals/{appeal['id']}/decide", body)
        if decided["status"] != "overturned":
            raise ShowError(f"the appeal is {decided['status']}")

    def _enter_penalty(self, day: date) -> dict[str, Any]:
        body = {
            "enterprise_id": self._enterprise["id"],
            "rule": PENALTY,
            "effective_on": str(day),
            "note": self._labels["penalty"],
            "document": f"演示甬环罚字〔{day.year}〕007号",
        }
        event: dict[str, Any] = self._cast.first.post("/credit/events", body)
        return event

    def _decide_alone(self, appeal: dict[str, Any]) -> dict[str, Any]:
        body = {"decision": "uphold", "reason": self._labels["not_mine"]}
        refusal = self._cast.first.refusal(f"/credit/appeals/{appeal['id']}/decide", body)
        if refusal["code"] != "second_officer_needed":
            raise ShowError(f"it was refused for another reason: {refusal['detail']}")
        return refusal

    def _verified(self) -> dict[str, Any] | None:
        outcome: dict[str, Any] = self._cast.first.get("/credit/ledger/verify")
        if outcome["first_bad"] is not None:
            raise ShowError(f"the ledger does not add up: {outcome['first_bad']}")
        return outcome if outcome["ok"] else None

    # ------------------------------------------------------------ what is printed

    def _print_late(
        self, load: dict[str, Any], event: dict[str, Any], before: dict[str, Any], low: dict[str, Any]
    ) -> None:
        labels = self._labels
        rules = self._cast.receiver.get("/manifests/rules")["deadlines"]
        about = {
            "number": load["number"],
            "tonnes": load["picked_up_t"],
            "day": _day_of(load["delivered_at"]),
            "days": next(rule["escalated_days"] for rule in rules if rule["step"] == "receive"),
        }
        print(f"\n  {labels['credit'].format(**self._enterprise)}\n")
        print("  " + labels["late"].format(**about))
        print("      " + labels["event"].format_map({**event, "title": self._titles()[LATE]}))
        self._print_change(before, low)
        print()

    def _print_appeal(self, appeal: dict[str, Any], low: dict[str, Any]) -> None:
        labels = self._labels
        print("\n  " + labels["appeal"].format(**appeal))
        print("      " + labels["overturned"].format(reason=labels["answer"]))
        self._print_change(low, self._standing())
        print()

    def _print_four_eyes(
        self, entered: dict[str, Any], refusal: dict[str, Any], high: dict[str, Any], lower: dict[str, Any]
    ) -> None:
        labels = self._labels
        print("\n  " + labels["entered"].format_map({**entered, "title": self._titles()[PENALTY]}))
        self._print_change(high, lower)
        print("      " + labels["refused"].format(**refusal))
        print("      " + labels["second"])
        self._print_change(lower, self._standing())
        print()

    def _print_change(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        print("      " + self._labels["change"].format(old=old, new=new))

    def _print_ledger(self, verified: dict[str, Any], chain: list[str]) -> None:
        labels, last = self._labels, json.loads(chain[-1])
        print("\n  " + labels["ledger"].format(rows=verified["rows"], chains=verified["enterprises"]))
        print("      " + labels["head"].format(count=last["no"], digest=last["digest"][:16]))

    def _titles(self) -> dict[str, str]:
        """What the rules are called, by code."""
        return {rule["code"]: rule[self._title] for rule in self._cast.first.get("/credit/rules")["items"]}


def _day_of(moment: str) -> date:
    """The day of a moment in Asia/Shanghai."""
    return datetime.fromisoformat(moment).astimezone(LOCAL).date()
