"""Open listings in memory, searched exactly and fast: the same ranking as `matching.rules`, faster."""

from matching.index.batch_search import Best
from matching.index.compilation import compile_ahead, loaded
from matching.index.listing_index import Index

__all__ = ["Best", "Index", "compile_ahead", "loaded"]
