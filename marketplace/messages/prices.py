"""A price in words: who pays whom, and how much a tonne."""

from . import say

FEN_PER_YUAN = 100


def price_in_words(fen: int | None, language: str) -> str:
    """Who pays, and how much a tonne; `fen` is CNY 0.01/t from the supplier's side, None where it is open."""
    if fen is None:
        return say("mail_price_negotiable", language)
    if fen == 0:
        return say("mail_price_free", language)
    amount = f"{abs(fen) / FEN_PER_YUAN:,.2f}".removesuffix(".00")
    return say("mail_price_receiver_pays" if fen > 0 else "mail_price_supplier_pays", language, amount=amount)
