"""The recorded examples of the OpenAPI document: one file per blueprint in `http/examples/`."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "examples"
JSON, CSV = "application/json", "text/csv"

Recorded = dict[str, Any]
"""{operationId: {"requests": {status: body}, "responses": {status: body}}}

A request is under the status of the response that it gets.
"""


def read_examples() -> Recorded:
    """The examples of all operations."""
    examples: Recorded = {}
    for path in sorted(FOLDER.glob("*.json")):
        examples |= json.loads(path.read_text(encoding="utf-8"))
    return examples


def write_examples(examples: Recorded) -> None:
    """Replace the files by these examples, operations in the order given."""
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for blueprint, names in groupby(examples, key=lambda name: name.partition(".")[0]):
        text = json.dumps({name: examples[name] for name in names}, ensure_ascii=False, indent=1)
        (FOLDER / f"{blueprint}.json").write_text(text + "\n", encoding="utf-8")


def add_examples(operation: dict[str, Any], recorded: dict[str, Any]) -> None:
    """Put the recorded examples of an operation where OpenAPI has them."""
    for status, body in recorded.get("requests", {}).items():
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            if media_type == (CSV if isinstance(body, str) else JSON):
                example = {"summary": f"Returns {status}", "value": body}
                content.setdefault("examples", {})[f"returns_{status}"] = example
    for status, body in recorded.get("responses", {}).items():
        for media_type, content in operation["responses"].get(status, {}).get("content", {}).items():
            if isinstance(body, str) == (media_type == CSV):
                summary = body["detail"] if int(status) >= 400 else operation["summary"]
                content.setdefault("examples", {})[f"example_{status}"] = {"summary": summary, "value": body}
