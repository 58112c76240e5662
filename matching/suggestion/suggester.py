"""Waste codes from plain words: character n-grams, a linear model for the category, another for its codes.

`suggester_training.py` trains it; here NumPy alone predicts, from one file without pickled objects. Nothing
here reads a clock or draws a random number.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Label = tuple[str, str]
"""A scheme and a code or category of it."""

NGRAMS = (1, 3)
LONGEST_TEXT = 400
"""Characters that are read; a name is a dozen, a description rarely longer than this."""
HAZARD_NOTABLE = 0.2
OFFERED = 0.1
"""Confidence from which a harmless code in the list could be taken for the right one."""

HAZARD_LIKELY = "hazard_likely"
NOT_UNDERSTOOD = "not_understood"

GRAIN = 64
"""Weights are whole multiples of 1/64: no figure notices, and the file is a sixth of the size."""

_FORMAT = 2
NEVER_SURE = 2.0
"""A threshold that no confidence reaches."""


class Suggestion(NamedTuple):
    """A code, or a category that has no codes, and the chance that it is right, in [0, 1]."""

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


# A linear model over n-grams


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Multinomial logistic regression over some `columns` (sorted) of the vocabulary.

    `weights` has shape (columns, labels); they are exact in float32, and as whole grains in a file.
    One label alone needs none.
    """

    labels: tuple[Label, ...]
    hazardous: NDArray[np.bool_]
    columns: Ints
    weights: NDArray[np.float32]
    intercept: Floats

    def decisions(self, features: Features) -> Floats:
        """Unscaled scores of the labels, shape (labels,)."""
        places = np.searchsorted(self.columns, features.columns)
        places[places == len(self.columns)] = 0
        known = self.columns[places] == features.columns if len(self.columns) else places < 0
        terms = self.weights[places[known]].astype(np.float64) * features.values[known, None]
        found: Floats = terms.sum(axis=0) + self.intercept
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The known n-grams of a text: columns of the vocabulary, rising, and values of length 1 together."""

    columns: Ints
    values: Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """How scores become confidence, learnt on names that the model had not seen.

    Scores are divided by a temperature before the softmax; no confidence exceeds `ceiling`, the precision
    found among the most confident suggestions; a suggestion is sure from `sure_from` on.
    """

    category_temperature: float
    code_temperature: float
    ceiling: float
    sure_from: float


UNSCALED = Scale(1.0, 1.0, 1.0, NEVER_SURE)


def shares_of(decisions: Floats, temperature: float) -> Floats:
    """Shares that add up to 1: the softmax of decisions (labels,) divided by the temperature."""
    scaled = decisions / temperature
    raised: Floats = np.exp(scaled - scaled.max())
    shares: Floats = raised / raised.sum()
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class Suggester:
    """A trained model; make one with `train` or `load`. Safe to share between threads."""

    terms: Mapping[str, int]
    idf: Floats
    categories: Linear
    codes: Mapping[Label, Linear]
    scale: Scale
    learnt_from: str = ""
    """Digest of the examples it was trained on."""

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes it knows, sorted."""
        return tuple(sorted({scheme for scheme, _ in self.categories.labels}))

    @property
    def ceiling(self) -> float:
        """The greatest confidence it ever gives."""
        return self.scale.ceiling

    @property
    def sure_from(self) -> float:
        """The confidence from which a suggestion is sure; above 1 if none ever is."""
        return self.scale.sure_from

    def suggest(
        self,
        text: str,
        limit: int = 5,
        scheme: str | None = None,
        within: Collection[Label] | None = None,
    ) -> Suggestions:
        """Codes that `text` may mean, at most `limit`, of one `scheme` and of some categories if given.

        A category is represented by its likeliest codes, as a listing needs one. Within a scheme or
        categories confidence is the chance given that the waste is in them; `sure` then also requires that
        the text sounds like them. One character is never sure; a text without a known n-gram has no items.

        Raises:
            ValueError: `limit` is below 1, or the scheme is not among `schemes`.
        """
        if limit < 1:
            raise ValueError(f"limit: {limit} is below 1")
        if scheme is not None and scheme not in self.schemes:
            raise ValueError(f"scheme: {scheme!r} is not one of {', '.join(self.schemes)}")
        features = self.features(text)
        if not len(features.columns):
            return Suggestions((), False, (NOT_UNDERSTOOD,))
        everywhere = shares_of(self.categories.decisions(features), self.scale.category_temperature)
        inside = np.array(
            [
                scheme in (None, label[0]) and (within is None or label in within)
                for label in self.categories.labels
            ]
        )
        mass = float(everywhere[inside].sum())
        if not mass:
            return Suggestions((), False, (NOT_UNDERSTOOD,))
        branches = self._branches(features, np.where(inside, everywhere, 0.0) / mass, limit)
        chosen = _chosen(branches, limit)
        items = tuple(self._item(candidate) for candidate in chosen)
        sure = items[0].confidence >= self.sure_from and mass >= 0.5 and len(stem(text)) > 1
        plain = [
            candidate
            for candidate in chosen
            if not candidate.hazardous and (candidate is chosen[0] or candidate.chance >= OFFERED)
        ]
        hazard = self._hazard(features, everywhere) if plain else 0.0
        return Suggestions(items, sure, (HAZARD_LIKELY,) if hazard >= HAZARD_NOTABLE else ())

    def _item(self, one: _Candidate) -> Suggestion:
        return Suggestion(*one.label, round(min(one.chance, self.ceiling), 4))

    def features(self, text: str) -> Features:
        """tf-idf as scikit-learn computes it, to the last bit."""
        folded = fold(text)
        counts: dict[int, int] = defaultdict(int)
        for length in range(NGRAMS[0], NGRAMS[1] + 1):
            for at in range(len(folded) - length + 1):
                column = self.terms.get(folded[at : at + length])
                if column is not None:
                    counts[column] += 1
        columns = np.array(sorted(counts), dtype=np.int64)
        values = (np.log([float(counts[column]) for column in columns.tolist()]) + 1.0) * self.idf[columns]
        squares = 0.0
        for value in values.tolist():
            squares += value * value
        return Features(columns, values / np.sqrt(squares) if squares else values)

    def _branches(self, features: Features, chances: Floats, limit: int) -> list[_Branch]:
        """The `limit` most likely categories with what is in them: no other can come into the result."""
        order = np.argsort(-chances, kind="stable")[:limit]
        found = [(self.categories.labels[at], float(chances[at])) for at in order.tolist()]
        return [self._branch(features, label, chance) for label, chance in found if chance > 0]

    def _branch(self, features: Features, label: Label, chance: float) -> _Branch:
        codes = self.codes.get(label)
        if codes is None:
            return _Branch(label, chance, self._harmful(label), (), np.zeros(0), np.zeros(0, dtype=np.bool_))
        shares = shares_of(codes.decisions(features), self.scale.code_temperature)
        harmful = bool(shares[codes.hazardous].sum() >= 0.5)
        return _Branch(label, chance, harmful, codes.labels, shares, codes.hazardous)

    def _harmful(self, label: Label) -> bool:
        return bool(self.categories.hazardous[self.categories.labels.index(label)])

    def _hazard(self, features: Features, chances: Floats) -> float:
        """Probability that the text means hazardous waste, whatever scheme was requested."""
        total = 0.0
        for at in np.flatnonzero(chances > 1e-3).tolist():
            codes = self.codes.get(self.categories.labels[at])
            harmful = self.categories.hazardous[at : at + 1] if codes is None else codes.hazardous
            if codes is None or harmful.all() or not harmful.any():
                share = float(harmful.all())
            else:
                share = float(
                    shares_of(codes.decisions(features), self.scale.code_temperature)[harmful].sum()
                )
            total += float(chances[at]) * share
        return total

    # Keeping

    def to_bytes(self) -> bytes:
        """One npz file: arrays, and JSON for what is text. The same model gives the same bytes."""
        parts = [self.categories, *self.codes.values()]
        text = {
            "format": _FORMAT,
            "ngrams": NGRAMS,
            "terms": list(self.terms),
            "scale": [getattr(self.scale, name) for name in Scale.__slots__],
            "heads": [None, *self.codes],
            "labels": [part.labels for part in parts],
            "learnt_from": self.learnt_from,
        }
        arrays: dict[str, NDArray[Any]] = {
            "text": np.frombuffer(json.dumps(text, ensure_ascii=False).encode(), dtype=np.uint8),
            "idf": self.idf,
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
            heads = [(head[0], head[1]) for head in text["heads"][1:]]
            terms = {term: at for at, term in enumerate(text["terms"])}
            codes = dict(zip(heads, parts[1:], strict=True))
            scale = Scale(*text["scale"])
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


def _parts(labels: Sequence[Sequence[Sequence[str]]], arrays: Mapping[str, NDArray[Any]]) -> Iterable[Linear]:
    kept = arrays["weights"].astype(np.float32) / np.float32(GRAIN)
    label_at = column_at = weight_at = 0
    for names, columns in zip(labels, arrays["column_counts"].tolist(), strict=True):
        size = columns * len(names)
        weights = kept[weight_at : weight_at + size].reshape(columns, len(names))
        yield Linear(
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
    found = [candidate for branch in branches for candidate in _candidates(branch, limit)]
    best = sorted(found, key=lambda candidate: -candidate.gain)[:limit]
    return sorted(best, key=lambda candidate: -candidate.chance)


def _candidates(branch: _Branch, limit: int) -> Iterable[_Candidate]:
    order = np.argsort(-branch.shares, kind="stable")[:limit].tolist()
    if not order:
        yield _Candidate(branch.label, branch.chance, 2 * branch.chance, branch.hazardous)
    for place, at in enumerate(order):
        chance = branch.chance * float(branch.shares[at])
        gain = chance + (branch.chance if place == 0 else 0)
        yield _Candidate(branch.codes[at], chance, gain, bool(branch.harmful[at]))
