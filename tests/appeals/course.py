"""Appeals and repairs as tests make them: an enterprise, the admin who records, and two others."""

import threading

from tests.marketplace import TODAY

WHY = {"reason": "见附件"}
SERIOUS, GENERAL, LIGHT, MERIT = (
    "law.illegal_dumping", "law.penalty_major", "law.penalty_minor", "fulfilment.completed",
)  # fmt: skip


class Course:
    """A firm of grade A with one recorded event; `admin` recorded it, `second` and `third` did not."""

    def __init__(self, marketplace, rule=GENERAL, day=TODAY, region="330602"):
        self.marketplace, self.admin = marketplace, marketplace.admin
        self.firm = marketplace.enterprise("recycler", grade="A", region=region)
        self.second, self.third = marketplace.second_admin(), marketplace.second_admin()
        self.event = self.record(rule, day)

    def record(self, rule, day=TODAY):
        return self.marketplace.credit_event(self.firm, rule, day)

    def appeal(self, event=None, by=None):
        """The response to an appeal."""
        event = event or self.event
        return (by or self.firm).post(f"/credit/events/{event['id']}/appeal", WHY)

    def appealed(self, event=None):
        """The path of an appeal that was opened."""
        answer = self.appeal(event)
        assert answer.status_code == 201, answer.json
        return f"/credit/appeals/{answer.json['id']}"

    def repair(self, event=None, by=None):
        """The response to a request for repair."""
        event = event or self.event
        return (by or self.firm).post(f"/credit/events/{event['id']}/repair", {"promise": "已全部整改"})

    def asked(self, event=None):
        """The path of a request for repair."""
        answer = self.repair(event)
        assert answer.status_code == 201, answer.json
        return f"/credit/repairs/{answer.json['id']}"

    def checked(self, event=None):
        """The path of a request that the second admin has checked."""
        path = self.asked(event)
        assert self.second.post(f"{path}/check", {"note": "现场复核合格"}).status_code == 200
        return path

    def events(self):
        """All events of the firm, oldest first."""
        path = f"/enterprises/{self.firm.id}/credit/events"
        return self.firm.get(path, limit=100).json["items"][::-1]

    def inbox(self, kind):
        """The data of the firm's messages of a kind."""
        self.marketplace.settle()
        return [message["data"] for message in self.firm.inbox(kind)]


def decide(party, path, decision):
    """The response to a decision."""
    return party.post(f"{path}/decide", {"decision": decision, "reason": "已核实"})


def refusal(answer):
    """Status and code of a refusal."""
    return answer.status_code, answer.json["code"]


def at_once(marketplace, *calls):
    """Statuses and codes of calls (party, path, body) that all begin at the same moment, each on a connection
    of its own."""
    start, answers = threading.Barrier(len(calls)), []

    def run(party, path, body):
        client = marketplace.app.test_client()
        start.wait()
        answer = client.post(f"/api/v1{path}", json=body, headers=party.headers)
        answers.append((answer.status_code, answer.json.get("code")))

    threads = [threading.Thread(target=run, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers, key=str)
