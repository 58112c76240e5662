"""Offers and deals: made, answered, agreed with the tonnes reserved, moved, ended, settled and rated."""

from .acceptance import accept
from .answering import answer_many, lapse_offer, lapse_offers_of, reject, withdraw
from .documents import contract_pdf, settlement_pdf
from .endings import cancel, complete, dispute, lapse_deal, settle
from .flow_back import confirm_fault, record_outcome, report_end
from .loads import (
    close_load,
    issue_load,
    lock_deal,
    plan_load,
    receive_load,
    replan_load,
    return_load,
    start_load,
    unissue_load,
    unplan_load,
)
from .lookup import (
    agreed_by_district,
    count_agreed,
    deal_by_id,
    deals_visible_to,
    find_deal,
    find_offer,
    find_shown_offer,
    offer_by_id,
    search_deals,
    search_loadable,
    search_offers,
)
from .making import counter, make_offer
from .permit_tonnes import nothing_in_flight, permits_of
from .presentation import present_deals, present_offer_rows, present_offers
from .ratings import judge_ratings, rate
from .settlement import payee_of, present_settlement, set_invoice, settlement_of
from .turns import check_trading

__all__ = [
    "accept", "agreed_by_district", "answer_many", "cancel", "check_trading",
    "close_load", "complete", "confirm_fault",
    "contract_pdf", "count_agreed", "counter", "deal_by_id", "deals_visible_to", "dispute", "find_deal",
    "find_offer", "find_shown_offer", "issue_load", "judge_ratings", "lapse_deal", "lapse_offer",
    "lapse_offers_of",
    "lock_deal", "make_offer",
    "nothing_in_flight", "offer_by_id", "payee_of", "permits_of", "plan_load", "present_deals",
    "present_offer_rows", "present_offers", "present_settlement", "rate", "receive_load",
    "record_outcome", "reject",
    "replan_load", "report_end", "return_load", "search_deals", "search_loadable",
    "search_offers", "set_invoice", "settle",
    "settlement_of", "settlement_pdf", "start_load", "unissue_load", "unplan_load", "withdraw",
]  # fmt: skip
