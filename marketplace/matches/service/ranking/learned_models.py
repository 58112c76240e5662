"""The trained models that rank, read once by each process."""

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from ....database import db
from ...models import ModelStatus, RankingModel
from ..kept import kept

if TYPE_CHECKING:
    from matching.learning import LearnedRanking

log = logging.getLogger(__name__)


def newest_model() -> "tuple[int, LearnedRanking] | None":
    """Version and ranking of the newest model; None if it is not used."""
    return kept("newest_ranking_model", _read_newest)


def _read_newest() -> "tuple[int, LearnedRanking] | None":
    done = RankingModel.status == ModelStatus.DONE
    newest = select(RankingModel.version, RankingModel.digest).where(done)
    row = db.session.execute(newest.order_by(RankingModel.version.desc()).limit(1)).one_or_none()
    return _with_ranking(row.version, row.digest) if row else None


def stored_model(version: int) -> "tuple[int, LearnedRanking] | None":
    """A version that was used, and its ranking; None where its arrays are no longer stored."""
    digest = select(RankingModel.digest).where(RankingModel.version == version)
    return _with_ranking(version, db.session.scalar(digest))


def _with_ranking(version: int, digest: str | None) -> "tuple[int, LearnedRanking] | None":
    ranking = _load_ranking(version, digest) if digest else None
    return (version, ranking) if ranking else None


@lru_cache(maxsize=8)
def _load_ranking(version: int, digest: str) -> "LearnedRanking | None":
    from matching.learning import LearnedRanking  # only here: it loads scipy

    stored = select(RankingModel.arrays).where(RankingModel.version == version, RankingModel.digest == digest)
    arrays = db.session.scalar(stored)
    try:
        return LearnedRanking.load(arrays) if arrays else None
    except ValueError as error:
        log.warning("ranking model %s cannot be read: %s", version, error)
        return None
