"""Listings and their side tables as columns: what the caller reads from its store and hands in.

Days are whole days since 1970-01-01, masses are kg, prices are CNY 0.01/t from the supplier's side (positive:
the supplier is paid), coordinates are degrees WGS-84. Provinces are the first two digits of a GB/T 2260
adcode. Code ids are the keys of `Tables.book`. Places are rounded as they come in (`coarse`), so that
whatever is computed of listings follows from what others may see.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import IntEnum
from functools import cache
from typing import Any, Self, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.model.coarse_places import coarse
from matching.model.joins import AnyInts, Groups, Ints
from matching.model.waste_codes import Code

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Index: TypeAlias = NDArray[Any] | slice | list[int]

NO_PRICE = int(np.iinfo(np.int64).min)
ANY_GENERATOR = -1
KG_PER_T = 1000


class Grade(IntEnum):
    """Credit grades, best first."""

    A = 0
    B = 1
    C = 2
    D = 3
    E = 4


class Mode(IntEnum):
    """What a demand's treatment does with the waste; `1 << mode` is its bit in a mask of modes."""

    USE = 0
    DISPOSE = 1
    STORE = 2


class Review(IntEnum):
    """What an admin said of the evidence for the exemption that a demand names."""

    NONE = 0
    ACCEPTED = 1
    REFUSED = 2


class Basis(IntEnum):
    """Why a transfer is lawful. Where several hold the least number is the one named."""

    NONE = -1
    GENERAL = 0
    LICENCE = 1
    CHANNEL = 2
    EXEMPT = 3
    COLLECTOR = 4


BASES = tuple(basis.name.lower() for basis in Basis if basis >= 0)
"""What answers call a basis."""


def spec(
    dtype: type[np.generic],
    *,
    low: float | None = None,
    high: float | None = None,
    of: str = "rows",
    is_place: bool = False,
) -> dict[str, Any]:
    """What a column holds, as its field's metadata; columns with the same `of` are equally long, and those of
    places are kept `coarse`."""
    return {"dtype": np.dtype(dtype), "low": low, "high": high, "of": of, "is_place": is_place}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Equally long one-dimensional arrays.

    Lists and arrays of another type are converted when no value changes by it.

    Raises:
        ValueError: a column is not one-dimensional, is longer or shorter than the first, holds NaN, or holds
            a value outside its type or range. The message names the column.
    """

    def __post_init__(self) -> None:
        self._check()
        self._derive()

    def __len__(self) -> int:
        return len(getattr(self, columns_of(type(self))[0].name))

    def take(self, index: Index) -> Self:
        """The rows that `index` (row numbers, a mask or a slice) names, in that sequence."""
        columns = columns_of(type(self))
        return self.of_checked({column.name: getattr(self, column.name)[index] for column in columns})

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(**{column.name: np.empty(0, column.metadata["dtype"]) for column in columns_of(cls)})

    @classmethod
    def of_checked(cls, columns: Mapping[str, NDArray[Any]]) -> Self:
        """Rows of other columns of this kind, which were checked, converted and rounded as they came in.

        Args:
            columns: all those that are handed in, by name, each of shape (n,).
        """
        rows = object.__new__(cls)
        for name, column in columns.items():
            object.__setattr__(rows, name, column)
        rows._derive()
        return rows

    def _check(self) -> None:
        lengths: dict[str, int] = {}
        for column in columns_of(type(self)):
            array = _checked(column, getattr(self, column.name))
            object.__setattr__(self, column.name, array)
            length = lengths.setdefault(column.metadata["of"], len(array))
            if len(array) != length:
                raise ValueError(
                    f"column {column.name}: {len(array)} values, but the columns beside it have {length}"
                )

    def _derive(self) -> None:
        """Compute what is kept beside the columns that were handed in."""


def columns_of(kind: type[Columns]) -> tuple[Field[Any], ...]:
    """The columns that are handed in, without those computed from them."""
    return _columns_of(cast(Hashable, kind))


@cache
def _columns_of(kind: Any) -> tuple[Field[Any], ...]:
    return tuple(column for column in fields(kind) if column.init)


def _checked(column: Field[Any], raw: ArrayLike) -> NDArray[Any]:
    dtype, low, high = column.metadata["dtype"], column.metadata["low"], column.metadata["high"]
    array = np.asarray(raw)
    if array.ndim != 1:
        raise ValueError(f"column {column.name}: {array.ndim} dimensions instead of one")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"column {column.name}: NaN")
    if array.dtype != dtype:
        array = _converted(column.name, array, dtype)
    if array.size and ((low is not None and array.min() < low) or (high is not None and array.max() > high)):
        raise ValueError(f"column {column.name}: a value outside {low} to {high}")
    return coarse(array) if column.metadata["is_place"] else array


def _converted(name: str, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        with np.errstate(invalid="ignore", over="ignore"):
            same = array.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"column {name}: not {dtype}") from error
    if not np.array_equal(same, array):
        raise ValueError(f"column {name}: a value does not fit {dtype}")
    return same


@dataclass(frozen=True, slots=True, eq=False)
class Listings(Columns):
    """What both sides have.

    `key` joins side tables; (`id_hi`, `id_lo`) is the UUID, so that they sort as its bytes do. `lat` and
    `lon` are rounded to a hundredth of a degree, whatever is handed in.
    """

    key: Ints = field(metadata=spec(np.int64))
    id_hi: NDArray[np.uint64] = field(metadata=spec(np.uint64))
    id_lo: NDArray[np.uint64] = field(metadata=spec(np.uint64))
    enterprise: Ints = field(metadata=spec(np.int64))
    province: NDArray[np.int16] = field(metadata=spec(np.int16))
    lat: Floats = field(metadata=spec(np.float64, low=-90, high=90, is_place=True))
    lon: Floats = field(metadata=spec(np.float64, low=-180, high=180, is_place=True))
    remaining_kg: Ints = field(metadata=spec(np.int64))
    min_lot_kg: Ints = field(metadata=spec(np.int64))
    price_fen: Ints = field(metadata=spec(np.int64))
    max_km: Floats = field(metadata=spec(np.float64))
    first_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    last_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    credit_milli: NDArray[np.int32] = field(metadata=spec(np.int32, low=0, high=100_000))
    grade: NDArray[np.int8] = field(metadata=spec(np.int8, low=Grade.A, high=Grade.E))
    blocked: Bools = field(metadata=spec(np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Supplies(Listings):
    """Waste on offer, one row a listing."""

    code: NDArray[np.int32] = field(metadata=spec(np.int32))
    small_generator: Bools = field(metadata=spec(np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Demands(Listings):
    """Waste wanted, a row for each accepted code: the rows of one listing share everything but `accepts`."""

    accepts: NDArray[np.int32] = field(metadata=spec(np.int32))
    mode: NDArray[np.int8] = field(metadata=spec(np.int8, low=Mode.USE, high=Mode.STORE))
    exemption_item: NDArray[np.int16] = field(metadata=spec(np.int16))
    exemption_review: NDArray[np.int8] = field(metadata=spec(np.int8, low=Review.NONE, high=Review.REFUSED))


@dataclass(frozen=True, slots=True, eq=False)
class Permits(Columns):
    """Lines of licences, channels and what collectors may gather, with the tonnes already used.

    `kind` is LICENCE, CHANNEL or COLLECTOR of `Basis`; a channel names its generator, the others may say
    `ANY_GENERATOR`. `code` may be a category. A COLLECTOR row is one line of a collection licence met with
    one line of its partner's licence, and serves small generators only. `usage_*` are sparse: the kg that row
    `usage_permit` has used in calendar year `usage_year`; repeated entries add up.
    Rows of one `capacity` share their tonnes: what is used of one is entered for all of them. A `paused` row
    is there to be named, and makes nothing lawful.
    `by_receiver` and `used_*` (usage by permit, row i's from `used_from[i]` on) are computed once.
    """

    kind: NDArray[np.int8] = field(metadata=spec(np.int8, low=Basis.LICENCE, high=Basis.COLLECTOR))
    receiver: Ints = field(metadata=spec(np.int64))
    generator: Ints = field(metadata=spec(np.int64))
    code: NDArray[np.int32] = field(metadata=spec(np.int32))
    modes: NDArray[np.uint8] = field(metadata=spec(np.uint8))
    first_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    last_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    kg_per_year: Ints = field(metadata=spec(np.int64))
    capacity: Ints = field(metadata=spec(np.int64))
    paused: Bools = field(metadata=spec(np.bool_))
    id_hi: NDArray[np.uint64] = field(metadata=spec(np.uint64))
    id_lo: NDArray[np.uint64] = field(metadata=spec(np.uint64))
    usage_permit: Ints = field(metadata=spec(np.int64, of="usage"))
    usage_year: NDArray[np.int16] = field(metadata=spec(np.int16, of="usage"))
    usage_kg: Ints = field(metadata=spec(np.int64, of="usage"))
    by_receiver: Ints = field(init=False, repr=False)
    used_from: Ints = field(init=False, repr=False)
    used_year: NDArray[np.int16] = field(init=False, repr=False)
    used_kg: Ints = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._check()
        if np.any((self.kind == Basis.CHANNEL) & (self.generator == ANY_GENERATOR)):
            raise ValueError("column generator: a channel names none")
        if np.any(self.kind == Basis.EXEMPT):
            raise ValueError("column kind: an exemption is no permit")
        if self.usage_permit.size and not 0 <= self.usage_permit.min() <= self.usage_permit.max() < len(self):
            raise ValueError("column usage_permit: no such row")
        self._derive()

    def _derive(self) -> None:
        object.__setattr__(self, "by_receiver", self._sorted_by_receiver())
        by_year = np.argsort(self.usage_permit, kind="stable")
        object.__setattr__(
            self, "used_from", np.searchsorted(self.usage_permit[by_year], np.arange(len(self) + 1))
        )
        object.__setattr__(self, "used_year", self.usage_year[by_year])
        object.__setattr__(self, "used_kg", self.usage_kg[by_year])

    def _sorted_by_receiver(self) -> Ints:
        """Row numbers by receiver and, within one, by which is named first as the basis."""
        latest_first = -self.last_day.astype(np.int64)
        return np.lexsort((self.id_lo, self.id_hi, latest_first, self.kind, self.receiver)).astype(np.int64)

    def take(self, index: Index) -> Self:
        """The rows that `index` names, each with its usage."""
        rows = np.arange(len(self))[index]
        new = {
            column.name: getattr(self, column.name)[rows]
            for column in fields(self)
            if column.metadata.get("of") == "rows"
        }
        entries = [np.flatnonzero(self.usage_permit == row) for row in rows]
        entry = np.concatenate([np.empty(0, np.int64), *entries]).astype(np.int64)
        usage_permit = np.repeat(np.arange(len(rows)), [len(entry_rows) for entry_rows in entries])
        return type(self)(
            **new, usage_permit=usage_permit, usage_year=self.usage_year[entry], usage_kg=self.usage_kg[entry]
        )

    def left_kg(self, line: Ints, year: AnyInts) -> Ints:
        """Kilograms that rows `line` may still take in `year`, both of shape (n,)."""
        left = self.kg_per_year[line]
        entry, end = self.used_from[line], self.used_from[line + 1]
        while (more := np.flatnonzero(entry < end)).size:
            at = entry[more]
            left[more] -= np.where(self.used_year[at] == year[more], self.used_kg[at], 0)
            entry[more] += 1
        return left


@dataclass(frozen=True, slots=True, eq=False)
class Approvals(Columns):
    """Approvals of moving one waste from one generator to one receiver across a province line.

    `modes` has the bit of the way that is approved, `left_kg` is what may still move over its whole life.
    `by_receiver` is computed once: rows by receiver and, within one, by which is named first.
    """

    generator: Ints = field(metadata=spec(np.int64))
    receiver: Ints = field(metadata=spec(np.int64))
    code: NDArray[np.int32] = field(metadata=spec(np.int32))
    modes: NDArray[np.uint8] = field(metadata=spec(np.uint8))
    first_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    last_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    left_kg: Ints = field(metadata=spec(np.int64))
    id_hi: NDArray[np.uint64] = field(metadata=spec(np.uint64))
    id_lo: NDArray[np.uint64] = field(metadata=spec(np.uint64))
    by_receiver: Ints = field(init=False, repr=False)

    def _derive(self) -> None:
        latest_first = -self.last_day.astype(np.int64)
        order = np.lexsort((self.id_lo, self.id_hi, latest_first, self.receiver)).astype(np.int64)
        object.__setattr__(self, "by_receiver", order)


@dataclass(frozen=True, slots=True, eq=False)
class WhiteList(Columns):
    """Receivers and codes that may cross a province line, by the province they come from."""

    receiver: Ints = field(metadata=spec(np.int64))
    code: NDArray[np.int32] = field(metadata=spec(np.int32))
    from_province: NDArray[np.int16] = field(metadata=spec(np.int16))
    first_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    last_day: NDArray[np.int32] = field(metadata=spec(np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class ExemptionList(Columns):
    """The catalogue's exemption list: an item, the code or category it is about, the stages it frees."""

    item: NDArray[np.int16] = field(metadata=spec(np.int16))
    code: NDArray[np.int32] = field(metadata=spec(np.int32))
    modes: NDArray[np.uint8] = field(metadata=spec(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedExemptions(Columns):
    """Holders whose evidence for an item an admin has accepted once for all their demands."""

    receiver: Ints = field(metadata=spec(np.int64))
    item: NDArray[np.int16] = field(metadata=spec(np.int16))
    code: NDArray[np.int32] = field(metadata=spec(np.int32))
    first_day: NDArray[np.int32] = field(metadata=spec(np.int32))
    last_day: NDArray[np.int32] = field(metadata=spec(np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class Components(Columns):
    """Ranges of components by listing: what a supply states or a demand requires.

    `component` stands for a name and unit; an open end is an infinity.
    """

    key: Ints = field(metadata=spec(np.int64))
    component: Ints = field(metadata=spec(np.int64))
    low: Floats = field(metadata=spec(np.float64))
    high: Floats = field(metadata=spec(np.float64))
    by_key: Groups = field(init=False, repr=False)

    def _derive(self) -> None:
        object.__setattr__(self, "by_key", Groups.of(self.key))


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Everything besides the listings that the gates need; `book` knows every code that a supply names."""

    permits: Permits
    approvals: Approvals
    white_list: WhiteList
    exemptions: ExemptionList
    verified: VerifiedExemptions
    stated: Components
    required: Components
    book: Mapping[int, Code]

    @classmethod
    def empty(cls, book: Mapping[int, Code]) -> Self:
        """Side tables without permits, lists and compositions."""
        return cls(
            permits=Permits.empty(),
            approvals=Approvals.empty(),
            white_list=WhiteList.empty(),
            exemptions=ExemptionList.empty(),
            verified=VerifiedExemptions.empty(),
            stated=Components.empty(),
            required=Components.empty(),
            book=book,
        )
