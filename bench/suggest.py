"""How well plain words find their waste code: names kept from training, against looking for the words in the
official names.

`python -m bench.suggest` trains without the held-out names and their near copies (half a minute), writes
`bench/results/suggest.json` and rewrites the tables of `docs/suggestion.md`.
"""

import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from matching.suggestion import Suggester, Suggestion, fold, stem
from matching.suggestion.suggester_training import category_of, is_right, train
from seed.catalogue import CodeRow
from seed.names import NAMES, NameRow, examples, held_out, read_names, shipped_codes, without_copies

RESULTS = Path(__file__).parent / "results" / "suggest.json"
PAGE = Path(__file__).parents[1] / "docs" / "suggestion.md"
DEPTHS = (1, 5, 10)
BINS = 10
TRIES = 3
"""A call is timed as the best of so many: what the code takes, not what else the machine does."""
SCHEMES = {
    "all": ("cn-hw", "cn-sw", "eu-low"),
    "cn-hw": ("cn-hw",),
    "cn-sw": ("cn-sw",),
    "eu-low": ("eu-low",),
}

UNLIKE = "unlike any learnt"

Label = tuple[str, str]
Find = Callable[[str, int], Sequence[Label]]
"""The first so many (scheme, code or category) for a text, best first."""


# What it is compared with


def substring(codes: Iterable[CodeRow]) -> Find:
    """Official names around the text, the shortest first, then those within it, the longest first."""
    names = [(fold(row.name_zh or row.name_en), (row.scheme, row.code)) for row in codes]

    def find(text: str, limit: int) -> Sequence[Label]:
        asked = fold(text)
        around = sorted(((len(name), at) for at, (name, _) in enumerate(names) if asked in name))
        inside = sorted(((-len(name), at) for at, (name, _) in enumerate(names) if name in asked != name))
        return one_each((names[at][1] for _, at in around + inside), limit)

    return find


def bigrams(codes: Iterable[CodeRow]) -> Find:
    """Official names by shared pairs of characters (Dice), a stronger thing to beat."""
    names = [(pairs(fold(row.name_zh or row.name_en)), (row.scheme, row.code)) for row in codes]

    def find(text: str, limit: int) -> Sequence[Label]:
        asked = pairs(fold(text))
        found = [
            (-2 * len(asked & name) / (len(asked) + len(name)), at)
            for at, (name, _) in enumerate(names)
            if asked & name
        ]
        return one_each((names[at][1] for _, at in sorted(found)), limit)

    return find


def pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def one_each(found: Iterable[Label], limit: int) -> Sequence[Label]:
    """The first of each category: places are not wasted on a category that is there already."""
    best: dict[Label, Label] = {}
    for scheme, code in found:
        best.setdefault((scheme, category_of(scheme, code)), (scheme, code))
    return list(best.values())[:limit]


def suggested(model: Suggester) -> Find:
    """The answer as it is given, several codes of one category and all."""
    return lambda text, limit: [(item.scheme, item.code) for item in model.suggest(text, limit).items]


# Figures


def meanings(names: Iterable[NameRow]) -> dict[str, set[Label]]:
    found: dict[str, set[Label]] = defaultdict(set)
    for row in names:
        found[fold(row.name)].add((row.scheme, row.code))
    return found


def recall(find: Find, asked: Sequence[NameRow], means: dict[str, set[Label]], depth: int) -> float:
    """The part of names with one of their categories among the first `depth` places."""
    hits = 0
    for row in asked:
        wanted = {(scheme, category_of(scheme, code)) for scheme, code in means[fold(row.name)]}
        got = {(scheme, category_of(scheme, code)) for scheme, code in find(row.name, depth)}
        hits += bool(wanted & got)
    return hits / len(asked)


def code_recall(find: Find, asked: Sequence[NameRow], depth: int) -> float:
    """The part of names with their very code among the first `depth` places."""
    return sum((row.scheme, row.code) in find(row.name, depth) for row in asked) / len(asked)


def unlike(asked: Iterable[NameRow], learnt: Iterable[NameRow]) -> list[NameRow]:
    """Names that no learnt name of their category contains, is part of, or shares half its bigrams with."""
    stems: dict[Label, list[str]] = defaultdict(list)
    for row in learnt:
        stems[row.scheme, category_of(row.scheme, row.code)].append(stem(row.name))
    return [
        row
        for row in asked
        if not any(
            alike(stem(row.name), stem_) for stem_ in stems[row.scheme, category_of(row.scheme, row.code)]
        )
    ]


def alike(one: str, other: str) -> bool:
    shared = 4 * len(pairs(one) & pairs(other)) >= len(pairs(one)) + len(pairs(other)) > 0
    return one in other or other in one or shared


def by_category(find: Find, asked: Sequence[NameRow], means: dict[str, set[Label]]) -> list[dict[str, Any]]:
    rows: dict[Label, list[NameRow]] = defaultdict(list)
    for row in asked:
        rows[row.scheme, category_of(row.scheme, row.code)].append(row)
    return [
        {
            "scheme": scheme,
            "category": category,
            "names": len(its),
            **{f"at_{depth}": round(recall(find, its, means, depth), 3) for depth in DEPTHS},
        }
        for (scheme, category), its in sorted(rows.items())
    ]


def first_answers(
    model: Suggester, asked: Sequence[NameRow], known: Sequence[NameRow]
) -> list[dict[str, Any]]:
    """Confidence of the first item for each name, whether it was right and whether it was called sure."""
    codes = shipped_codes()
    truths = defaultdict(list)
    for example in examples(known, codes):
        if example.everyday:
            truths[fold(example.text)].append(example)
    found = []
    for row in asked:
        answer = model.suggest(row.name)
        first = answer.items[0] if answer.items else Suggestion(row.scheme, "", 0.0)
        right = any(is_right(first, truth) for truth in truths[fold(row.name)])
        found.append(
            {"scheme": row.scheme, "confidence": first.confidence, "right": right, "sure": answer.sure}
        )
    return found


def reliability(answers: Sequence[dict[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
    """Expected calibration error over equal bins of confidence, and the bins."""
    bins: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for suggestion in answers:
        bins[min(BINS - 1, int(suggestion["confidence"] * BINS))].append(suggestion)
    table = [
        {
            "from": at / BINS,
            "names": len(its),
            "confidence": round(statistics.fmean(suggestion["confidence"] for suggestion in its), 3),
            "right": round(statistics.fmean(suggestion["right"] for suggestion in its), 3),
        }
        for at, its in sorted(bins.items())
    ]
    error = sum(bin_["names"] * abs(bin_["confidence"] - bin_["right"]) for bin_ in table) / len(answers)
    return round(error, 3), table


def sureness(answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    sure = [suggestion for suggestion in answers if suggestion["sure"]]
    return {
        "names": len(answers),
        "sure": round(len(sure) / len(answers), 3),
        "right_when_sure": round(statistics.fmean(suggestion["right"] for suggestion in sure), 3)
        if sure
        else 0.0,
        "right": round(statistics.fmean(suggestion["right"] for suggestion in answers), 3),
    }


# What it costs

COLD = """
import json, resource, sys, time
from matching.suggestion import Suggester
from pathlib import Path
began = time.perf_counter()
resident = int(open("/proc/self/statm").read().split()[1])
model = Suggester.load(Path(sys.argv[1]))
took = time.perf_counter() - began
grown = int(open("/proc/self/statm").read().split()[1]) - resident
found = {"load_ms": round(1000 * took, 1), "resident_mb": round(grown * resource.getpagesize() / 1e6, 1)}
print(json.dumps({**found, "imports_scikit_learn": "sklearn" in sys.modules}))
"""


def timed(model: Suggester, text: str) -> float:
    began = time.perf_counter()
    model.suggest(text, 10)
    return time.perf_counter() - began


def cost(model: Suggester, asked: Sequence[NameRow], train_s: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        path = Path(folder) / "suggest.npz"
        model.save(path)
        run = [sys.executable, "-c", COLD, str(path)]
        cold = json.loads(subprocess.run(run, capture_output=True, check=True, text=True).stdout)
        size = path.stat().st_size
    seconds = []
    for text in [row.name for row in asked] + ["染料厂有一批稀硫酸和废活性炭要处理，找下家，" * 20] * 50:
        seconds.append(min(timed(model, text) for _ in range(TRIES)))
    seconds.sort()
    return {
        "file_mb": round(size / 1e6, 2),
        **cold,
        "train_s": round(train_s, 1),
        "call_ms": {
            "p50": round(1000 * seconds[len(seconds) // 2], 2),
            "p99": round(1000 * seconds[len(seconds) * 99 // 100], 2),
            "max": round(1000 * seconds[-1], 2),
        },
    }


# The whole


def run() -> dict[str, Any]:
    codes = shipped_codes()
    names = read_names(known=codes)
    asked = [row for row in names if held_out(row.name)]
    learnt = without_copies([row for row in names if not held_out(row.name)], asked)
    began = time.process_time()
    model = train(examples(learnt, codes))
    took = time.process_time() - began
    means = meanings(names)
    ways = {"suggest": suggested(model), "substring": substring(codes), "bigrams": bigrams(codes)}
    answers = first_answers(model, asked, names)
    error, bins = reliability(answers)
    groups = {
        group: [row for row in asked if row.scheme in schemes] for group, schemes in SCHEMES.items()
    } | {UNLIKE: unlike(asked, learnt)}
    exact = [row for row in asked if category_of(row.scheme, row.code) != row.code]
    return {
        "names": {
            "sha256": hashlib.sha256(NAMES.read_bytes()).hexdigest(),
            "all": len(names),
            "held_out": len(asked),
            "trained_on": len(learnt),
        },
        "recall": {
            way: {
                group: {
                    "names": len(rows),
                    **{f"at_{depth}": round(recall(find, rows, means, depth), 3) for depth in DEPTHS},
                }
                for group, rows in groups.items()
            }
            for way, find in ways.items()
        },
        "code_recall": {
            group: {
                f"at_{depth}": round(
                    code_recall(ways["suggest"], [row for row in exact if row.scheme in schemes], depth), 3
                )
                for depth in DEPTHS
            }
            for group, schemes in SCHEMES.items()
            if group != "cn-sw"
        },
        "by_category": by_category(ways["suggest"], asked, means),
        "calibration": {
            "error": error,
            "bins": bins,
            "ceiling": round(model.ceiling, 4),
            "sure_from": round(model.sure_from, 4),
            "sure": {
                group: sureness([suggestion for suggestion in answers if suggestion["scheme"] in schemes])
                for group, schemes in SCHEMES.items()
            },
        },
        "cost": cost(model, asked, took),
    }


def tables(found: dict[str, Any]) -> dict[str, str]:
    """The tables of the page, by the name that marks their place in it."""
    recalls = [
        [group, str(its["names"]), way, *(f"{its[f'at_{depth}']:.3f}" for depth in DEPTHS)]
        for group in found["recall"]["suggest"]
        for key, way in (
            ("suggest", "suggestion"),
            ("substring", "substring, both ways"),
            ("bigrams", "shared bigrams"),
        )
        for its in (found["recall"][key][group],)
    ]
    exact = [
        [group, *(f"{its[f'at_{depth}']:.3f}" for depth in DEPTHS)]
        for group, its in found["code_recall"].items()
    ]
    sure = [
        [
            group,
            str(its["names"]),
            f"{its['right']:.3f}",
            f"{its['sure']:.3f}",
            f"{its['right_when_sure']:.3f}",
        ]
        for group, its in found["calibration"]["sure"].items()
    ]
    bins = [
        [f"{bin_['from']:.1f}", str(bin_["names"]), f"{bin_['confidence']:.3f}", f"{bin_['right']:.3f}"]
        for bin_ in found["calibration"]["bins"]
    ]
    each = [
        [
            category["scheme"],
            category["category"],
            str(category["names"]),
            *(f"{category[f'at_{depth}']:.2f}" for depth in DEPTHS),
        ]
        for category in found["by_category"]
    ]
    return {
        "recall": table(["names", "how many", "way", "@1", "@5", "@10"], recalls),
        "code": table(["names", "@1", "@5", "@10"], exact),
        "sure": table(["names", "how many", "first is right", "called sure", "right when sure"], sure),
        "bins": table(["confidence from", "names", "mean confidence", "right"], bins),
        "category": table(["scheme", "category", "names", "@1", "@5", "@10"], each),
        "cost": table(["", ""], costs_of(found)),
    }


def costs_of(found: dict[str, Any]) -> list[list[str]]:
    """The rows of the table of costs."""
    names, cost = found["names"], found["cost"]
    return [
        ["names in all, held out, trained on", f"{names['all']}, {names['held_out']}, {names['trained_on']}"],
        ["calibration error (10 bins)", f"{found['calibration']['error']:.3f}"],
        [
            "sure from, ceiling",
            f"{found['calibration']['sure_from']:.3f}, {found['calibration']['ceiling']:.3f}",
        ],
        ["training", f"{cost['train_s']:.0f} s of processor time"],
        ["file", f"{cost['file_mb']:.1f} MB"],
        ["loading", f"{cost['load_ms']:.0f} ms, {cost['resident_mb']:.0f} MB resident, no scikit-learn"],
        [
            "a call (best of three), p50, p99, worst",
            "{p50:.2f}, {p99:.2f}, {max:.2f} ms".format(**cost["call_ms"]),
        ],
    ]


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rewritten(page: str, parts: dict[str, str]) -> str:
    """The page with what stands between `<!-- name -->` and `<!-- /name -->` replaced."""
    for name, text in parts.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = page.partition(opening)
        _, found, after = rest.partition(closing)
        page = f"{before}{opening}{text}\n{closing}{after}" if found else page
    return page


def main() -> None:
    found = run()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    parts = tables(found)
    PAGE.write_text(rewritten(PAGE.read_text(), parts))
    print(parts["recall"], parts["code"], parts["sure"], parts["cost"], sep="\n\n")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


if __name__ == "__main__":
    main()
