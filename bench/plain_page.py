"""The page of today as somebody writes it who only knows Flask, the ORM and Jinja, for the bench to compare.

The same rows for the same person, read by objects, and each name by a look-up of its own.
"""

from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import func, or_, select

from marketplace.console.visitor import visitor
from marketplace.database import db
from marketplace.deals.models import LIVE_OFFERS, Offer, OfferRound
from marketplace.enterprises.models import Enterprise
from marketplace.manifests.models import IN_FLIGHT, UNSEALED, Manifest
from marketplace.notifications.models import Notification

MOST = 6
TEMPLATE = """{% extends "console/base.html" %}{% block title %}today{% endblock %}{% block main %}
<h1>{{ firm.name }} {{ firm.grade }} {{ firm.credit_milli }}</h1>
<ul>{% for offer in offers %}<li>{{ name(offer.supplier_id) }} {{ name(offer.receiver_id) }}
{% for round in rounds(offer.id) %}{{ round.no }} {{ round.quantity_kg }} {{ round.price_fen }}{% endfor %}
</li>{% endfor %}</ul>
<ul>{% for load in loads %}<li>{{ load.number }} {{ name(load.sender_id) }} {{ name(load.receiver_id) }}
{{ load.status }}</li>{% endfor %}</ul>
<p>{{ unread }}</p>{% endblock %}"""


def add_plain_page(app: Flask) -> str:
    """Add the page to an application that is not served yet; returns its path."""
    app.add_url_rule("/plain-today", view_func=_show)
    return "/plain-today"


def _show() -> str:
    who = visitor()
    assert who is not None
    assert who.actor is not None
    firm_id = who.actor.enterprise_id
    sides = or_(Offer.supplier_id == firm_id, Offer.receiver_id == firm_id)
    takes_part = or_(
        Manifest.sender_id == firm_id, Manifest.receiver_id == firm_id, Manifest.transporter_id == firm_id
    )
    loads = select(Manifest).where(takes_part, Manifest.status.in_((*UNSEALED, *IN_FLIGHT)))
    unread = select(func.count()).where(Notification.enterprise_id == firm_id, Notification.read_at.is_(None))
    return render_template_string(
        TEMPLATE,
        firm=db.session.get(Enterprise, firm_id),
        offers=db.session.scalars(
            select(Offer).where(sides, Offer.status.in_(LIVE_OFFERS)).order_by(Offer.id.desc()).limit(MOST)
        ).all(),
        loads=db.session.scalars(loads.order_by(Manifest.id.desc()).limit(MOST)).all(),
        unread=db.session.scalar(unread),
        name=_name,
        rounds=_rounds,
    )


def _name(enterprise_id: Any) -> str | None:
    return db.session.scalar(select(Enterprise.name).where(Enterprise.id == enterprise_id))


def _rounds(offer_id: Any) -> Any:
    return db.session.scalars(select(OfferRound).where(OfferRound.offer_id == offer_id)).all()
