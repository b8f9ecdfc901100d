"""The wizard: a price list becomes proposals, and what a person confirms becomes items, tariffs and rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.estate.importing.workbook import UnreadableFile, read_workbook
from saas.fees.errors import wrong
from saas.fees.models import FeeItem
from saas.fees.permissions import SETUP
from saas.fees.price_list import Proposal, read_price_list
from saas.fees.services.items import create_item, set_tariff
from saas.fees.services.rules import create_rule
from tenants.unit_of_work import UnitOfWork


def propose(*, actor: Actor, content: bytes) -> list[Proposal]:
    """What a file proposes; nothing is written. Raises InvalidInput when it is no price list."""
    actor.require(SETUP.code)
    try:
        found = read_price_list(read_workbook(content))
    except UnreadableFile as error:
        raise wrong("file", _l("This is not an Excel file."), code=error.code) from error
    if not found:
        raise wrong("file", _l("No row with the columns 项目 and 单价 was found."), code="header_missing")
    return found


def proposal_view(proposal: Proposal) -> dict[str, Any]:
    """For the API and the page: exact figures as text."""
    view = asdict(proposal)
    for name in ("price", "late_rate"):
        view[name] = None if view[name] is None else str(view[name])
    view["tiers"] = [
        {"up_to": None if top is None else str(top), "price": str(price)} for top, price in proposal.tiers
    ]
    return view | {"issues": list(proposal.issues)}


def apply_proposals(
    uow: UnitOfWork,
    *,
    actor: Actor,
    proposals: list[Proposal],
    codes: Collection[str] | None = None,
    community_id: UUID | None = None,
    assign_from: date | None = None,
) -> list[FeeItem]:
    """Make the items and tariffs that were confirmed; with `assign_from` also rules for those on rooms.

    An item of the same code is kept and gets the tariffs.
    """
    actor.require(SETUP.code, everywhere=True)
    made: dict[str, FeeItem] = {}
    for one in proposals:
        if (codes is not None and one.code not in codes) or one.price is None or one.starts_on is None:
            continue
        item = made.get(one.code) or _item(uow, actor, one)
        made[one.code] = item
        set_tariff(
            uow, actor=actor, item_id=item.id, starts_on=one.starts_on, price=one.price,
            tiers=[{"up_to": top, "price": price} for top, price in one.tiers],
        )  # fmt: skip
    if assign_from is not None and community_id is not None:
        wanted = {one.code: one for one in proposals if one.code in made}
        for code, one in wanted.items():
            if one.object_kind == "room" and not one.is_deposit:
                selector = {**one.selector, "community_id": community_id}
                create_rule(uow, actor=actor, item_id=made[code].id, selector=selector, starts_on=assign_from)
    return list(made.values())


def _item(uow: UnitOfWork, actor: Actor, one: Proposal) -> FeeItem:
    known = uow.session.scalar(select(FeeItem).where(FeeItem.code == one.code))
    if known is not None:
        return known
    return create_item(
        uow, actor=actor, code=one.code, name=one.name[:60], pricing=one.pricing, timing=one.timing,
        cycle_months=one.cycle_months or 1, due_day=one.due_day, unit=one.unit[:20], basis=one.basis,
        meter_kind=one.meter_kind, late_rate=one.late_rate, is_deposit=one.is_deposit, note=one.due_text[:500],
    )  # fmt: skip
