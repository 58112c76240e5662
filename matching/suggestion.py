"""Waste codes from plain words: character n-grams, a linear model for the category, another for its codes.

Training needs scikit-learn, which is imported only then; a trained `Suggester` answers with numpy alone and
is kept in one file without pickled objects. Nothing here reads a clock or draws a random number.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Label = tuple[str, str]
"""A scheme and a code or category of it."""

NGRAMS = (1, 3)
MIN_DOCUMENTS = 2
"""N-grams seen in one name only tell nothing about another."""
PENALTY = 30.0
"""Inverse of the ridge penalty (`C`), chosen on folds of the training names."""
LONGEST_TEXT = 400
"""Characters that are read; a name is a dozen, a description rarely longer than this."""
FOLDS = 4
STANDS_OUT = 0.85
"""A category is answered by its best code from this share of the category's probability on; less would turn
many a sure category into an unsure code."""
PRECISION_WHEN_SURE = 0.9
LEAST_EVIDENCE = 30
"""Names that must back a threshold or a ceiling."""
HAZARD_NOTABLE = 0.2
OFFERED = 0.1
"""Confidence from which a harmless code in the list could be taken for the answer."""

HAZARD_LIKELY = "hazard_likely"
NOT_UNDERSTOOD = "not_understood"

GRAIN = 64
"""Weights are whole multiples of 1/64: no figure notices, and the file is a sixth of the size."""

_FORMAT = 2
_NEVER = 2.0


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


class Suggestion(NamedTuple):
    """A code, or a category where no code in it stands out, and the chance that it is right, in [0, 1]."""

    scheme: str
    code: str
    confidence: float


class Suggestions(NamedTuple):
    """Distinct codes by falling confidence; `sure` is about the first; `warnings` are stable codes."""

    items: tuple[Suggestion, ...]
    sure: bool
    warnings: tuple[str, ...]


def fold(text: str) -> str:
    """The text as the model reads it: half-width, lower case, single blanks, at most `LONGEST_TEXT` long."""
    half = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    return " ".join(half.split())[:LONGEST_TEXT]


def stem(name: str) -> str:
    """A name without marks, blanks and the fillers 废 and 旧: two spellings of one name agree."""
    return re.sub(r"[\W_]|[废旧]", "", fold(name)) or fold(name)


def near_copies(name: str) -> frozenset[str]:
    """Forms of a name; two names that share one are near copies: a letter more, less, changed or swapped.

    Stems of three characters or fewer must be equal: 镀锌液 and 镀镍液 are two things.
    """
    whole = stem(name)
    if len(whole) < 4:
        return frozenset((whole,))
    return frozenset((whole, *(whole[:at] + whole[at + 1 :] for at in range(len(whole)))))


# A linear model over n-grams


@dataclass(frozen=True, slots=True, eq=False)
class _Linear:
    """Multinomial logistic regression over some `columns` (sorted) of the vocabulary.

    `weights` has shape (columns, labels); they are exact in float32, and as whole grains in a file.
    One label alone needs none.
    """

    labels: tuple[Label, ...]
    hazardous: NDArray[np.bool_]
    columns: Ints
    weights: NDArray[np.float32]
    intercept: Floats

    def decisions(self, features: _Features) -> Floats:
        """Unscaled scores of the labels, shape (labels,)."""
        places = np.searchsorted(self.columns, features.columns)
        places[places == len(self.columns)] = 0
        known = self.columns[places] == features.columns if len(self.columns) else places < 0
        terms = self.weights[places[known]].astype(np.float64) * features.values[known, None]
        found: Floats = terms.sum(axis=0) + self.intercept
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """The known n-grams of a text: columns of the vocabulary, rising, and values of length 1 together."""

    columns: Ints
    values: Floats


@dataclass(frozen=True, slots=True)
class _Scale:
    """How scores become confidence, learnt on names that the model had not seen.

    Scores are divided by a temperature before the softmax; no confidence exceeds `ceiling`, the precision
    found among the most confident answers; an answer is sure from `sure_from` on.
    """

    category_temperature: float
    code_temperature: float
    ceiling: float
    sure_from: float


_UNSCALED = _Scale(1.0, 1.0, 1.0, _NEVER)


def _shares(decisions: Floats, temperature: float) -> Floats:
    scaled = decisions / temperature
    raised: Floats = np.exp(scaled - scaled.max())
    shares: Floats = raised / raised.sum()
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class Suggester:
    """A trained model; make one with `train` or `load`. Safe to share between threads."""

    _terms: Mapping[str, int]
    _idf: Floats
    _categories: _Linear
    _codes: Mapping[Label, _Linear]
    _scale: _Scale
    learnt_from: str = ""
    """Digest of the examples it was trained on."""

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes it knows, sorted."""
        return tuple(sorted({scheme for scheme, _ in self._categories.labels}))

    @property
    def ceiling(self) -> float:
        """The greatest confidence it ever gives."""
        return self._scale.ceiling

    @property
    def sure_from(self) -> float:
        """The confidence from which an answer is sure; above 1 if none ever is."""
        return self._scale.sure_from

    def suggest(self, text: str, limit: int = 5, scheme: str | None = None) -> Suggestions:
        """Codes that `text` may mean, at most `limit`, of one `scheme` if given.

        Within a scheme confidence is the chance given that the waste is in it; `sure` then also asks that the
        text sounds like that scheme. One character is never sure; a text without a known n-gram has no items.

        Raises:
            ValueError: `limit` is below 1, or the scheme is not among `schemes`.
        """
        if limit < 1:
            raise ValueError(f"limit: {limit} is below 1")
        if scheme is not None and scheme not in self.schemes:
            raise ValueError(f"scheme: {scheme!r} is not one of {', '.join(self.schemes)}")
        features = self._features(text)
        if not len(features.columns):
            return Suggestions((), False, (NOT_UNDERSTOOD,))
        everywhere = _shares(self._categories.decisions(features), self._scale.category_temperature)
        inside = np.array([scheme in (None, label[0]) for label in self._categories.labels])
        mass = float(everywhere[inside].sum())
        branches = self._branches(features, np.where(inside, everywhere, 0.0) / mass, limit)
        chosen = _chosen(branches, limit)
        items = tuple(self._item(one) for one in chosen)
        sure = items[0].confidence >= self.sure_from and mass >= 0.5 and len(stem(text)) > 1
        plain = [one for one in chosen if not one.hazardous and (one is chosen[0] or one.chance >= OFFERED)]
        hazard = self._hazard(features, everywhere) if plain else 0.0
        return Suggestions(items, sure, (HAZARD_LIKELY,) if hazard >= HAZARD_NOTABLE else ())

    def _item(self, one: _Candidate) -> Suggestion:
        return Suggestion(*one.label, round(min(one.chance, self.ceiling), 4))

    def _features(self, text: str) -> _Features:
        """tf-idf as scikit-learn computes it, to the last bit."""
        folded = fold(text)
        counts: dict[int, int] = defaultdict(int)
        for length in range(NGRAMS[0], NGRAMS[1] + 1):
            for at in range(len(folded) - length + 1):
                column = self._terms.get(folded[at : at + length])
                if column is not None:
                    counts[column] += 1
        columns = np.array(sorted(counts), dtype=np.int64)
        values = (np.log([float(counts[it]) for it in columns.tolist()]) + 1.0) * self._idf[columns]
        squares = 0.0
        for value in values.tolist():
            squares += value * value
        return _Features(columns, values / np.sqrt(squares) if squares else values)

    def _branches(self, features: _Features, chances: Floats, limit: int) -> list[_Branch]:
        """The `limit` most likely categories with what is in them: no other can come into the answer."""
        order = np.argsort(-chances, kind="stable")[:limit]
        found = [(self._categories.labels[at], float(chances[at])) for at in order.tolist()]
        return [self._branch(features, label, chance) for label, chance in found if chance > 0]

    def _branch(self, features: _Features, label: Label, chance: float) -> _Branch:
        codes = self._codes.get(label)
        if codes is None:
            return _Branch(label, chance, self._harmful(label), (), np.zeros(0), np.zeros(0, dtype=np.bool_))
        shares = _shares(codes.decisions(features), self._scale.code_temperature)
        harmful = bool(shares[codes.hazardous].sum() >= 0.5)
        return _Branch(label, chance, harmful, codes.labels, shares, codes.hazardous)

    def _harmful(self, label: Label) -> bool:
        return bool(self._categories.hazardous[self._categories.labels.index(label)])

    def _hazard(self, features: _Features, chances: Floats) -> float:
        """Probability that the text means hazardous waste, whatever scheme was asked for."""
        total = 0.0
        for at in np.flatnonzero(chances > 1e-3).tolist():
            codes = self._codes.get(self._categories.labels[at])
            harmful = self._categories.hazardous[at : at + 1] if codes is None else codes.hazardous
            if codes is None or harmful.all() or not harmful.any():
                share = float(harmful.all())
            else:
                share = float(_shares(codes.decisions(features), self._scale.code_temperature)[harmful].sum())
            total += float(chances[at]) * share
        return total

    # Keeping

    def to_bytes(self) -> bytes:
        """One npz file: arrays, and JSON for what is text. The same model gives the same bytes."""
        parts = [self._categories, *self._codes.values()]
        text = {
            "format": _FORMAT,
            "ngrams": NGRAMS,
            "terms": list(self._terms),
            "scale": [getattr(self._scale, name) for name in _Scale.__slots__],
            "heads": [None, *self._codes],
            "labels": [part.labels for part in parts],
            "learnt_from": self.learnt_from,
        }
        arrays: dict[str, NDArray[Any]] = {
            "text": np.frombuffer(json.dumps(text, ensure_ascii=False).encode(), dtype=np.uint8),
            "idf": self._idf,
            "hazardous": np.concatenate([part.hazardous for part in parts]),
            "intercept": np.concatenate([part.intercept for part in parts]),
            "columns": np.concatenate([part.columns for part in parts]).astype(np.int32),
            "column_counts": np.array([len(part.columns) for part in parts], dtype=np.int32),
            "weights": np.concatenate([part.weights.ravel() * GRAIN for part in parts]).astype(np.int16),
        }
        out = io.BytesIO()
        np.savez_compressed(out, allow_pickle=False, **arrays)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """What `to_bytes` wrote; nothing in the file is executed.

        Raises:
            ValueError: it is not such a file, or of another format.
        """
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as file:
                arrays = dict(file)
            text = json.loads(arrays["text"].tobytes())
            if text["format"] != _FORMAT or tuple(text["ngrams"]) != NGRAMS:
                raise ValueError(f"a model of format {text['format']}, n-grams {text['ngrams']}")
            parts = list(_parts(text["labels"], arrays))
            heads = [(one[0], one[1]) for one in text["heads"][1:]]
            terms = {term: at for at, term in enumerate(text["terms"])}
            codes = dict(zip(heads, parts[1:], strict=True))
            scale = _Scale(*text["scale"])
            return cls(terms, arrays["idf"], parts[0], codes, scale, text["learnt_from"])
        except (KeyError, TypeError, IndexError, OSError, EOFError, BadZipFile, zlib.error) as broken:
            raise ValueError("not a file of suggestions") from broken

    def save(self, path: Path) -> None:
        """Write the file in one step: a reader sees the old one or the new one."""
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(self.to_bytes())
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: the file is not such a file.
            OSError: it cannot be read.
        """
        return cls.from_bytes(path.read_bytes())

    def fingerprint(self) -> str:
        """SHA-256 of the file: which model answered."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def _parts(
    labels: Sequence[Sequence[Sequence[str]]], arrays: Mapping[str, NDArray[Any]]
) -> Iterable[_Linear]:
    kept = arrays["weights"].astype(np.float32) / np.float32(GRAIN)
    label_at = column_at = weight_at = 0
    for names, columns in zip(labels, arrays["column_counts"].tolist(), strict=True):
        size = columns * len(names)
        weights = kept[weight_at : weight_at + size].reshape(columns, len(names))
        yield _Linear(
            tuple((name[0], name[1]) for name in names),
            arrays["hazardous"][label_at : label_at + len(names)],
            arrays["columns"][column_at : column_at + columns].astype(np.int64),
            weights,
            arrays["intercept"][label_at : label_at + len(names)],
        )
        label_at, column_at, weight_at = label_at + len(names), column_at + columns, weight_at + size


# What comes into the list


@dataclass(frozen=True, slots=True, eq=False)
class _Branch:
    """A category, its chance and how its codes share it."""

    label: Label
    chance: float
    hazardous: bool
    codes: tuple[Label, ...]
    shares: Floats
    harmful: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something to list; `gain` is what it adds: being right itself, and bringing in its category."""

    label: Label
    chance: float
    gain: float
    hazardous: bool


def _chosen(branches: Iterable[_Branch], limit: int) -> list[_Candidate]:
    """The candidates that add most, by falling chance; ties in the order of categories and codes."""
    found = [one for branch in branches for one in _candidates(branch, limit)]
    best = sorted(found, key=lambda one: -one.gain)[:limit]
    return sorted(best, key=lambda one: -one.chance)


def _candidates(branch: _Branch, limit: int) -> Iterable[_Candidate]:
    order = np.argsort(-branch.shares, kind="stable")[:limit].tolist()
    whole = branch.chance
    if order and branch.shares[order[0]] >= STANDS_OUT:
        first = order.pop(0)
        chance = whole * float(branch.shares[first])
        yield _Candidate(branch.codes[first], chance, whole + chance, bool(branch.harmful[first]))
    else:
        yield _Candidate(branch.label, whole, 2 * whole, branch.hazardous)
    for at in order:
        chance = whole * float(branch.shares[at])
        yield _Candidate(branch.codes[at], chance, chance, bool(branch.harmful[at]))


# Training


def train(examples: Iterable[Example]) -> Suggester:
    """Learn from official and everyday names; the same examples in the same order give the same model.

    Confidence and the threshold of `sure` come from everyday names left out in turn, near copies together;
    with fewer than `LEAST_EVIDENCE` of these an answer is never sure.

    Raises:
        ValueError: fewer than two categories.
    """
    every = list(examples)
    folds = _folds(every)
    trials = [
        _Trial(_fitted([one for one, at in zip(every, folds, strict=True) if at != number]), unseen)
        for number in range(FOLDS)
        if (unseen := [one for one, at in zip(every, folds, strict=True) if at == number])
    ]
    scale = _measured(trials, _truths(every))
    return replace(_fitted(every), _scale=scale, learnt_from=digest(every))


def digest(examples: Iterable[Example]) -> str:
    """SHA-256 of examples in their order."""
    rows = [[getattr(one, name) for name in Example.__slots__] for one in examples]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def _folds(examples: Sequence[Example]) -> list[int]:
    """The fold that leaves out each example; -1 for official names, which are always there."""
    above: dict[str, str] = {}

    def root(form: str) -> str:
        while above.setdefault(form, form) != form:
            form = above[form]
        return form

    for one in examples:
        forms = sorted(near_copies(one.text))
        for form in forms[1:]:
            above[root(form)] = root(forms[0])
    return [
        hashlib.sha256(root(stem(one.text)).encode()).digest()[0] % FOLDS if one.everyday else -1
        for one in examples
    ]


def _truths(examples: Iterable[Example]) -> Mapping[str, list[Example]]:
    """All that a name stands for: an ambiguous one is right in several ways."""
    found: dict[str, list[Example]] = defaultdict(list)
    for one in examples:
        found[fold(one.text)].append(one)
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
    matrix = words.fit_transform([one.text for one in examples])
    terms = {str(term): at for at, term in enumerate(words.get_feature_names_out().tolist())}
    labels = [(one.scheme, one.category) for one in examples]
    hazards = dict(zip(labels, (one.hazardous for one in examples), strict=True))
    within: dict[Label, list[int]] = defaultdict(list)
    for at, one in enumerate(examples):
        if one.code is not None:
            within[one.scheme, one.category].append(at)
    codes = {
        label: _linear(
            matrix[rows],
            [(examples[at].scheme, str(examples[at].code)) for at in rows],
            {(examples[at].scheme, str(examples[at].code)): examples[at].hazardous for at in rows},
        )
        for label, rows in sorted(within.items())
    }
    return Suggester(terms, words.idf_.copy(), _linear(matrix, labels, hazards), codes, _UNSCALED)


def _linear(matrix: Any, targets: Sequence[Label], hazards: Mapping[Label, bool]) -> _Linear:
    """Fit `targets` to the rows of a sparse `matrix`; columns without an entry would weigh 0, so they go."""
    labels = sorted(set(targets))
    hazardous = np.array([hazards[label] for label in labels])
    if len(labels) == 1:
        empty = np.zeros(0, dtype=np.int64)
        return _Linear((labels[0],), hazardous, empty, np.zeros((0, 1), dtype=np.float32), np.zeros(1))
    columns = np.unique(matrix.indices).astype(np.int64)
    place = {label: at for at, label in enumerate(labels)}
    with warnings.catch_warnings():  # a name for almost every code is what a catalogue is
        warnings.filterwarnings("ignore", message="The number of unique classes")
        model = regression().fit(matrix[:, columns], [place[target] for target in targets])
    weights, intercept = model.coef_, model.intercept_
    if len(labels) == 2:  # scikit-learn keeps the one row that tells the second from the first
        weights, intercept = np.vstack([-weights, weights]) / 2, np.concatenate([-intercept, intercept]) / 2
    return _Linear(tuple(labels), hazardous, columns, in_grains(weights.T), intercept)


def in_grains(weights: Floats) -> NDArray[np.float32]:
    """Weights to the nearest grain, contiguous."""
    return np.ascontiguousarray(np.round(weights * GRAIN) / GRAIN, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """A model and everyday names it has not seen."""

    model: Suggester
    unseen: Sequence[Example]


def _measured(trials: Sequence[_Trial], truths: Mapping[str, Sequence[Example]]) -> _Scale:
    scale = replace(
        _UNSCALED,
        category_temperature=_temperature(_category_scores(trials)),
        code_temperature=_temperature(_code_scores(trials)),
    )
    outcomes = sorted(_outcomes(trials, truths, scale), reverse=True)
    if len(outcomes) < LEAST_EVIDENCE:
        return scale
    right = np.array([was_right for _, was_right in outcomes])
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    good = np.flatnonzero(precision[LEAST_EVIDENCE - 1 :] >= PRECISION_WHEN_SURE) + LEAST_EVIDENCE - 1
    sure_from = outcomes[int(good[-1])][0] if len(good) else _NEVER
    top = right[: max(LEAST_EVIDENCE, len(right) // 10)]
    return replace(scale, ceiling=float((top.sum() + 1) / (len(top) + 2)), sure_from=sure_from)


def _category_scores(trials: Iterable[_Trial]) -> Iterable[tuple[Floats, int]]:
    for trial in trials:
        head = trial.model._categories
        place = {label: at for at, label in enumerate(head.labels)}
        for one in trial.unseen:
            if (one.scheme, one.category) in place:
                yield head.decisions(trial.model._features(one.text)), place[one.scheme, one.category]


def _code_scores(trials: Iterable[_Trial]) -> Iterable[tuple[Floats, int]]:
    for trial in trials:
        for one in trial.unseen:
            head = trial.model._codes.get((one.scheme, one.category))
            label = (one.scheme, one.code or "")
            if head is not None and label in head.labels and len(head.labels) > 1:
                yield head.decisions(trial.model._features(one.text)), head.labels.index(label)


def _temperature(scores: Iterable[tuple[Floats, int]]) -> float:
    """What to divide scores by so that unseen labels are likeliest; 1 with nothing to go by."""
    seen = list(scores)
    if not seen:
        return 1.0
    grid = np.exp(np.linspace(np.log(0.2), np.log(5.0), 129))
    surprise = [
        -sum(float(np.log(_shares(found, float(heat))[at])) for found, at in seen) for heat in grid.tolist()
    ]
    return round(float(grid[int(np.argmin(surprise))]), 4)


def _outcomes(
    trials: Iterable[_Trial], truths: Mapping[str, Sequence[Example]], scale: _Scale
) -> Iterable[tuple[float, bool]]:
    """Confidence of the first suggestion for each unseen name, and whether it was right."""
    for trial in trials:
        model = replace(trial.model, _scale=scale)
        for one in trial.unseen:
            first = next(iter(model.suggest(one.text, limit=1).items), None)
            if first is not None:
                yield first.confidence, any(is_right(first, truth) for truth in truths[fold(one.text)])


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
