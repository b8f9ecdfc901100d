"""Transfers narrowed to a filter and a scope, and the ways to group them; plain SQL, one scan for each report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from saas.core.actors import Actor
from saas.fees.errors import wrong
from saas.fees.models import LedgerAccount
from saas.fees.permissions import LEDGER
from saas.fees.reports.results import ReportFilter
from tenants.unit_of_work import UnitOfWork

NOBODY = UUID(int=0)  # stands for an account or place that does not exist: it matches nothing


@dataclass(frozen=True)
class Grouping:
    """`key` of a transfer t (with its room r), `label` of the group g, and the joins that the label needs."""

    title: Any
    key: str
    label: str
    join: str = ""
    drill: str = ""
    order: str = "label"


GROUPINGS: Mapping[str, Grouping] = {
    "item": Grouping(_l("Fee item"), "t.item_id", "i.name", "LEFT JOIN fee_item i ON i.id = g.key", "item_id"),
    "community": Grouping(
        _l("Community"), "t.community_id", "c.name", "LEFT JOIN community c ON c.id = g.key", "community_id"
    ),
    "building": Grouping(
        _l("Building"), "r.building_id", "b.name", "LEFT JOIN building b ON b.id = g.key", "building_id",
        "b.community_id, b.sort_key",
    ),
    "room": Grouping(
        _l("Room"), "t.room_id", "o.key", "LEFT JOIN room o ON o.id = g.key", "room_id",
        "o.community_id, o.sort_key",
    ),
    "person": Grouping(
        _l("Debtor"), "t.person_id", "p.name", "LEFT JOIN person p ON p.id = g.key", "person_id"
    ),
    "cashier": Grouping(
        _l("Cashier"), "t.actor_id", "u.name", "LEFT JOIN user_account u ON u.id = g.key", "cashier_id"
    ),
    "channel": Grouping(_l("Channel"), "t.channel", "g.key", "", "channel"),
    "day": Grouping(_l("Day"), "t.business_date", "to_char(g.key, 'YYYY-MM-DD')", "", "day"),
    "month": Grouping(_l("Month"), "to_char(t.business_date, 'YYYY-MM')", "g.key", "", "month"),
}  # fmt: skip


def grouping_of(by: str, default: str, allowed: tuple[str, ...]) -> tuple[str, Grouping]:
    """The grouping asked for, or the report's own. Raises InvalidInput."""
    name = by or default
    if name not in allowed:
        raise wrong("by", _l("Choose one of the list."))
    return name, GROUPINGS[name]


def conditions(actor: Actor, wanted: ReportFilter) -> tuple[str, dict[str, Any]]:
    """What narrows transfers t of rooms r: the filter, and the places whose ledger the actor may see."""
    exact = {
        "t.community_id": wanted.community_id, "r.building_id": wanted.building_id, "t.room_id": wanted.room_id,
        "t.item_id": wanted.item_id, "t.person_id": wanted.person_id, "t.actor_id": wanted.cashier_id,
        "t.channel": wanted.channel,
    }  # fmt: skip
    parts: list[str] = []
    values: dict[str, Any] = {}
    for number, (column, value) in enumerate(exact.items()):
        if value is not None:
            parts.append(f" AND {column} = :only_{number}")
            values[f"only_{number}"] = value
    scope = actor.scope(LEDGER.code)
    if not scope.everything:
        parts.append(
            " AND (t.community_id = ANY(CAST(:communities AS uuid[])) OR r.building_id = ANY(CAST(:buildings AS uuid[])))"
        )
        values |= {"communities": list(scope.communities), "buildings": list(scope.buildings)}
    return "".join(parts), values


def account_of(uow: UnitOfWork, key: str) -> UUID:
    """The id of an account by its key; one that matches nothing while it was never posted to."""
    return uow.session.scalar(select(LedgerAccount.id).where(LedgerAccount.key == key)) or NOBODY


def fetch(uow: UnitOfWork, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows as dictionaries, sums as whole numbers. Sums over all lines of a year stay in memory."""
    uow.session.execute(text("SET LOCAL work_mem = '64MB'"))
    return [dict(row) for row in uow.session.execute(text(statement), dict(values)).mappings()]


def plain(value: Any) -> str:
    """A group's key as a filter in an address keeps it."""
    return "" if value is None else str(value)
