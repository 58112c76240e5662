"""Training of the suggestions: from names and their codes to a `Suggester`, with scikit-learn.

Confidence is measured on everyday names left out in turn. The same names give the same model.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matching.suggestion.suggester import (
    GRAIN,
    NEVER_SURE,
    NGRAMS,
    UNSCALED,
    Floats,
    Label,
    Linear,
    Scale,
    Suggester,
    Suggestion,
    fold,
    shares_of,
    stem,
)

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

PENALTY = 30.0
"""Inverse of the ridge penalty (`C`), chosen on folds of the training names."""
FOLDS = 4
PRECISION_WHEN_SURE = 0.9
LEAST_EVIDENCE = 30
"""Names that must back a threshold or a ceiling."""
MIN_DOCUMENTS = 2
"""N-grams seen in one name only say nothing about another."""


@dataclass(frozen=True, slots=True)
class Example:
    """A name and what it stands for; without a `code` only the category is known.

    `everyday` marks names as people say them: confidence is measured on these alone.
    """

    text: str
    scheme: str
    category: str
    code: str | None
    hazardous: bool
    everyday: bool


def near_copies(name: str) -> frozenset[str]:
    """Forms of a name; two names that share one are near copies: a letter more, less, changed or swapped.

    Stems of three characters or fewer must be equal: 镀锌液 and 镀镍液 are two different wastes.
    """
    whole = stem(name)
    if len(whole) < 4:
        return frozenset((whole,))
    return frozenset((whole, *(whole[:at] + whole[at + 1 :] for at in range(len(whole)))))


def train(examples: Iterable[Example]) -> Suggester:
    """Learn from official and everyday names; the same examples in the same order give the same model.

    Confidence and the threshold of `sure` come from everyday names left out in turn, near copies together;
    with fewer than `LEAST_EVIDENCE` of these a suggestion is never sure.

    Raises:
        ValueError: fewer than two categories.
    """
    every = list(examples)
    folds = _folds(every)
    trials = [
        _Trial(_fitted([example for example, at in zip(every, folds, strict=True) if at != number]), unseen)
        for number in range(FOLDS)
        if (unseen := [example for example, at in zip(every, folds, strict=True) if at == number])
    ]
    scale = _measured(trials, _truths(every))
    return replace(_fitted(every), scale=scale, learnt_from=digest(every))


def digest(examples: Iterable[Example]) -> str:
    """SHA-256 of examples in their order."""
    rows = [[getattr(example, name) for name in Example.__slots__] for example in examples]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def _folds(examples: Sequence[Example]) -> list[int]:
    """The fold that leaves out each example; -1 for official names, which are always there."""
    above: dict[str, str] = {}

    def root(form: str) -> str:
        while above.setdefault(form, form) != form:
            form = above[form]
        return form

    for example in examples:
        forms = sorted(near_copies(example.text))
        for form in forms[1:]:
            above[root(form)] = root(forms[0])
    return [
        hashlib.sha256(root(stem(example.text)).encode()).digest()[0] % FOLDS if example.everyday else -1
        for example in examples
    ]


def _truths(examples: Iterable[Example]) -> Mapping[str, list[Example]]:
    """All that a name stands for: an ambiguous one is right in several ways."""
    found: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        found[fold(example.text)].append(example)
    return found


def vectorizer() -> TfidfVectorizer:
    """The n-grams and their weights, as scikit-learn makes them."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char", preprocessor=fold, ngram_range=NGRAMS, min_df=MIN_DOCUMENTS, sublinear_tf=True
    )


def regression() -> LogisticRegression:
    """The linear model of either level, as scikit-learn makes it."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=PENALTY, max_iter=300, tol=1e-3)


def _fitted(examples: Sequence[Example]) -> Suggester:
    words = vectorizer()
    matrix = words.fit_transform([example.text for example in examples])
    terms = {str(term): at for at, term in enumerate(words.get_feature_names_out().tolist())}
    labels = [(example.scheme, example.category) for example in examples]
    hazards = dict(zip(labels, (example.hazardous for example in examples), strict=True))
    within: dict[Label, list[int]] = defaultdict(list)
    for at, example in enumerate(examples):
        if example.code is not None:
            within[example.scheme, example.category].append(at)
    codes = {
        label: _linear(
            matrix[rows],
            [(examples[at].scheme, str(examples[at].code)) for at in rows],
            {(examples[at].scheme, str(examples[at].code)): examples[at].hazardous for at in rows},
        )
        for label, rows in sorted(within.items())
    }
    return Suggester(terms, words.idf_.copy(), _linear(matrix, labels, hazards), codes, UNSCALED)


def _linear(matrix: Any, targets: Sequence[Label], hazards: Mapping[Label, bool]) -> Linear:
    """Fit `targets` to the rows of a sparse `matrix`; columns without an entry would weigh 0, so they go."""
    labels = sorted(set(targets))
    hazardous = np.array([hazards[label] for label in labels])
    if len(labels) == 1:
        empty = np.zeros(0, dtype=np.int64)
        return Linear((labels[0],), hazardous, empty, np.zeros((0, 1), dtype=np.float32), np.zeros(1))
    columns = np.unique(matrix.indices).astype(np.int64)
    place = {label: at for at, label in enumerate(labels)}
    with warnings.catch_warnings():  # a name for almost every code is what a catalogue is
        warnings.filterwarnings("ignore", message="The number of unique classes")
        model = regression().fit(matrix[:, columns], [place[target] for target in targets])
    weights, intercept = model.coef_, model.intercept_
    if len(labels) == 2:  # scikit-learn keeps the one row that tells the second from the first
        weights, intercept = np.vstack([-weights, weights]) / 2, np.concatenate([-intercept, intercept]) / 2
    return Linear(tuple(labels), hazardous, columns, in_grains(weights.T), intercept)


def in_grains(weights: Floats) -> NDArray[np.float32]:
    """Weights rounded to the nearest grain, contiguous, of the same shape (columns, labels)."""
    return np.ascontiguousarray(np.round(weights * GRAIN) / GRAIN, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """A model and everyday names it has not seen."""

    model: Suggester
    unseen: Sequence[Example]


def _measured(trials: Sequence[_Trial], truths: Mapping[str, Sequence[Example]]) -> Scale:
    scale = replace(
        UNSCALED,
        category_temperature=_temperature(_category_scores(trials)),
        code_temperature=_temperature(_code_scores(trials)),
    )
    outcomes = sorted(_outcomes(trials, truths, scale), reverse=True)
    if len(outcomes) < LEAST_EVIDENCE:
        return scale
    right = np.array([was_right for _, was_right in outcomes])
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    good = np.flatnonzero(precision[LEAST_EVIDENCE - 1 :] >= PRECISION_WHEN_SURE) + LEAST_EVIDENCE - 1
    sure_from = outcomes[int(good[-1])][0] if len(good) else NEVER_SURE
    top = right[: max(LEAST_EVIDENCE, len(right) // 10)]
    return replace(scale, ceiling=float((top.sum() + 1) / (len(top) + 2)), sure_from=sure_from)


def _category_scores(trials: Iterable[_Trial]) -> Iterable[tuple[Floats, int]]:
    for trial in trials:
        head = trial.model.categories
        place = {label: at for at, label in enumerate(head.labels)}
        for example in trial.unseen:
            if (example.scheme, example.category) in place:
                yield (
                    head.decisions(trial.model.features(example.text)),
                    place[example.scheme, example.category],
                )


def _code_scores(trials: Iterable[_Trial]) -> Iterable[tuple[Floats, int]]:
    for trial in trials:
        for example in trial.unseen:
            head = trial.model.codes.get((example.scheme, example.category))
            label = (example.scheme, example.code or "")
            if head is not None and label in head.labels and len(head.labels) > 1:
                yield head.decisions(trial.model.features(example.text)), head.labels.index(label)


def _temperature(scores: Iterable[tuple[Floats, int]]) -> float:
    """What to divide scores by so that unseen labels are likeliest; 1 with nothing to go by."""
    seen = list(scores)
    if not seen:
        return 1.0
    grid = np.exp(np.linspace(np.log(0.2), np.log(5.0), 129))
    surprise = [
        -sum(float(np.log(shares_of(found, float(heat))[at])) for found, at in seen) for heat in grid.tolist()
    ]
    return round(float(grid[int(np.argmin(surprise))]), 4)


def _outcomes(
    trials: Iterable[_Trial], truths: Mapping[str, Sequence[Example]], scale: Scale
) -> Iterable[tuple[float, bool]]:
    """Confidence of the first suggestion for each unseen name, and whether it was right."""
    for trial in trials:
        model = replace(trial.model, scale=scale)
        for example in trial.unseen:
            first = next(iter(model.suggest(example.text, limit=1).items), None)
            if first is not None:
                yield first.confidence, any(is_right(first, truth) for truth in truths[fold(example.text)])


def is_right(item: Suggestion, truth: Example) -> bool:
    """Whether the item is the code or its category; with only the category known, any code in it will do."""
    if item.scheme != truth.scheme:
        return False
    if truth.code is None:
        return item.code == truth.category or category_of(item.scheme, item.code) == truth.category
    return item.code in (truth.code, truth.category)


def category_of(scheme: str, code: str) -> str:
    """The category a code stands in: HWnn, SWnn, or the two digits of a chapter (`eu-low`)."""
    if scheme == "eu-low":
        return code[:2]
    prefix = {"cn-hw": "HW", "cn-sw": "SW"}[scheme]
    return code if code.startswith(prefix) else prefix + code[-2:]
