"""The contract and the settlement statement of a deal: the facts that their templates show, in Chinese."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode, Scheme, Treatment
from ...database import db
from ...documents import service as documents
from ...documents.models import DocumentKind
from ...documents.service import wording
from ...errors import NotFound
from ...events.actor import Actor
from ...law import service as law
from ...licences.models import Channel, PermitKind, TransferApproval
from ...listings.models import Form, Packaging
from ...messages.names import Name
from ..models import OTHER, Deal, DealStatus, InvoiceStatus, Side
from .settlement import payee_of, settlement_of

CITED = {
    "contract": "eco-code-490",
    "standards": "eco-code-473",
    "diligence": "eco-code-1068-1",
    "dumping": "eco-code-475",
    "ledger": "eco-code-489",
    "manifest": "eco-code-536",
    "licence": "eco-code-534",
    "mixing": "eco-code-535",
    "transport": "eco-code-537",
    "emergency": "eco-code-539",
    "accident": "eco-code-540",
}
"""What the clauses of a contract cite, as in force on the day of the agreement."""


def contract_pdf(actor: Actor, deal: Deal) -> bytes:
    """The written contract of a deal; once issued it stays, byte for byte."""
    facts_of = partial(_contract, deal)
    return documents.issue_document(actor, DocumentKind.CONTRACT, deal.number, deal.id, facts_of)


def settlement_pdf(actor: Actor, deal: Deal) -> bytes:
    """The settlement statement of a deal, by the tonnes that have been accepted."""
    facts_of = partial(_settlement, deal)
    return documents.issue_document(actor, DocumentKind.SETTLEMENT, deal.number, deal.id, facts_of)


def _state_of(deal_id: UUID) -> DealStatus:
    deal = db.session.get(Deal, deal_id)
    if deal is None:
        raise NotFound()
    return deal.status


documents.STATES[DocumentKind.CONTRACT] = _state_of
documents.STATES[DocumentKind.SETTLEMENT] = _state_of


def _contract(deal: Deal) -> dict[str, Any]:
    terms, agreed_on = deal.terms, deal.agreed_at.astimezone(clock.LOCAL).date()
    code = catalogue.codes_by_id({deal.code_id})[deal.code_id]
    return {
        "number": deal.number,
        "hazardous": code.hazardous,
        "agreed_on": agreed_on.isoformat(),
        **_parties(deal),
        "waste": _waste(terms["supply"], code),
        "quantity_t": wording.tonnes(deal.quantity_kg),
        "from": deal.from_day.isoformat(),
        "until": deal.until_day.isoformat(),
        "treatment": _treatment(terms["demand"]["treatment"]),
        "basis": [*_basis(terms["legal_basis"]), *_approval(deal)],
        "price": _price(deal),
        "freight": wording.in_chinese(deal.freight),
        "standards": list(_standards(deal)),
        "rounds": str(len(terms["rounds"])),
        "policy_version": str(terms["policy_version"]),
        "note": terms["rounds"][-1]["note"] or "",
        "law": {name: _cited(basis_id, agreed_on) for name, basis_id in CITED.items()},
    }


def _cited(basis_id: str, day: date) -> str:
    return law.cite([basis_id], "zh", day)


def _parties(deal: Deal) -> dict[str, dict[str, str]]:
    """Both sides as they were when the deal was agreed."""
    frozen = {side: deal.terms[side] for side in Side}
    names = catalogue.region_names(int(party["region"]) for party in frozen.values())
    return {
        str(side): {"name": party["name"], "uscc": party["uscc"], "region": names[int(party["region"])]}
        for side, party in frozen.items()
    }


def _waste(supply: dict[str, Any], code: CatalogueCode) -> dict[str, str]:
    return {
        "name": f"{supply['title']}（{code.name_zh}）",
        "code": f"{code.code}（{db.session.get_one(Scheme, code.scheme).name_zh}）",
        "form": wording.in_chinese(supply["form"] and Form(supply["form"])),
        "packaging": wording.in_chinese(supply["packaging"] and Packaging(supply["packaging"])),
        "composition": wording.components(supply["composition"]),
    }


def _treatment(code: str) -> str:
    return f"{code} {db.session.get_one(Treatment, code).name_zh}"


def _basis(basis: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "依据", wording.in_chinese(Name("basis", basis["kind"]))
    yield "编号", basis["reference"] or wording.ABSENT
    yield "有效期", wording.between(basis["valid_from"], basis["valid_until"])
    if basis["codes"]:
        yield "代码", "、".join(basis["codes"])
    if basis["edition"]:
        yield "名录版本", f"{basis['edition']} 年版"


def _approval(deal: Deal) -> Iterator[tuple[str, str]]:
    """The approval to cross a province line, where the deal uses one."""
    approval = db.session.get(TransferApproval, deal.approval_id) if deal.approval_id else None
    if approval is not None:
        yield "跨省转移批准", approval.number
        yield "批准有效期", wording.between(approval.valid_from, approval.valid_until)


def _price(deal: Deal) -> str:
    """The price in words, as a sentence names no sign."""
    payee = payee_of(deal)
    if payee is None:
        return "双方互不支付价款。"
    payer, what = wording.in_chinese(OTHER[payee]), "货款" if payee == Side.SUPPLIER else "处置费"
    each, least = wording.yuan(abs(deal.price_fen)), deal.minimum_charge_fen
    floor = f"最低收费 {wording.yuan(least)} 元。" if least else ""
    return f"{payer}向{wording.in_chinese(payee)}支付{what}，每吨 {each} 元（含税）。{floor}"


def _price_per_tonne(deal: Deal) -> str:
    """Who pays whom a tonne, as pages say it: nobody has to know which side a sign is seen from."""
    payee = payee_of(deal)
    if payee is None:
        return "无偿"
    return f"{wording.in_chinese(OTHER[payee])}付 {wording.yuan(abs(deal.price_fen))} 元/吨"


def _standards(deal: Deal) -> Iterator[tuple[str, str]]:
    """What the waste, the treatment and its product have to meet."""
    if required := deal.terms["demand"]["requires"]:
        yield "接收要求", wording.components(required)
    channel = db.session.get(Channel, deal.permit_id) if deal.permit_kind == PermitKind.CHANNEL else None
    if channel is not None:
        yield "定向利用用途", channel.use
        yield "进料标准", wording.components(channel.standard)
        yield "污染控制要求", channel.pollution_control or wording.ABSENT
        yield "产品标准", channel.product_standard or wording.ABSENT
        yield "产品用途", channel.product_use or wording.ABSENT


def _settlement(deal: Deal) -> dict[str, Any]:
    owed = settlement_of(deal)
    tax = wording.ABSENT if owed.tax is None else f"{owed.tax.rate:.0%}（{owed.tax.source}）"
    payer, payee = owed.payer, owed.payee
    return {
        "number": deal.number,
        **_parties(deal),
        "status": wording.in_chinese(deal.status),
        "weights": [
            ("成交数量", f"{wording.tonnes(deal.quantity_kg)} 吨"),
            ("装运数量", f"{wording.tonnes(deal.shipped_kg)} 吨"),
            ("实际接收", f"{wording.tonnes(deal.accepted_kg)} 吨"),
            ("拒收待退", f"{wording.tonnes(deal.refused_kg)} 吨"),
        ],
        "amounts": [
            ("单价（含税）", _price_per_tonne(deal)),
            ("按接收重量计", f"{wording.yuan(owed.amount_fen)} 元"),
            ("最低收费", f"{wording.yuan(deal.minimum_charge_fen)} 元"),
            ("税率", tax),
            ("不含税金额", f"{wording.yuan(owed.net_fen)} 元"),
            ("税额", f"{wording.yuan(owed.total_fen - owed.net_fen)} 元"),
            ("运费承担", wording.in_chinese(deal.freight)),
        ],
        "payer": wording.in_chinese(payer),
        "payee": wording.in_chinese(payee),
        "total": wording.yuan(owed.total_fen),
        "invoice_status": wording.in_chinese(InvoiceStatus(deal.invoice_status)),
    }
