"""One room's account over a year, and the publication of income and spending for owners (收支公示)."""

from __future__ import annotations

from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from saas.core.actors import Actor
from saas.fees.errors import wrong
from saas.fees.reports.results import Chart, Column, Report, ReportFilter, Row, bars, summed
from saas.fees.reports.sources import account_of, conditions, fetch
from tenants.unit_of_work import UnitOfWork


def room_statement(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Every movement of what is owed for a room, with the balance after it, from the opening one to the last."""
    if wanted.room_id is None:
        raise wrong("room_id", _l("Choose a room."))
    where, values = conditions(actor, replace(wanted, channel=None, cashier_id=None))
    found = fetch(
        uow,
        "SELECT t.business_date AS day, t.cause, i.name AS item, l.period_from, l.period_to, l.kind AS line_kind,"
        " COALESCE(p.name, l.debtor_name) AS debtor, t.line_id,"
        " CASE WHEN t.debit_id = :receivable THEN t.minor ELSE 0 END AS charged,"
        " CASE WHEN t.credit_id = :receivable THEN t.minor ELSE 0 END AS settled"
        " FROM ledger_transfer t LEFT JOIN room r ON r.id = t.room_id LEFT JOIN bill_line l ON l.id = t.line_id"
        " LEFT JOIN fee_item i ON i.id = t.item_id LEFT JOIN person p ON p.id = t.person_id"
        " WHERE (t.debit_id = :receivable OR t.credit_id = :receivable) AND t.business_date <= :end"
        f"{where} ORDER BY t.business_date, t.posted_at, t.id",
        values | {"receivable": account_of(uow, "receivable"), "end": wanted.end},
    )
    balance = 0
    rows: list[Row] = []
    for row in found:
        if row["day"] >= wanted.start and not rows:
            rows.append(_opening(wanted, balance))
        balance += row["charged"] - row["settled"]
        if row["day"] >= wanted.start:
            period = f"{row['period_from']} – {row['period_to']}" if row["period_from"] else ""
            rows.append(
                Row(row | {"period": period, "balance": balance}, {"line_id": str(row["line_id"] or "")})
            )
    rows = rows or [_opening(wanted, balance)]
    columns = [
        Column("day", _l("Day"), "date"),
        Column("cause", _l("Entry"), "text"),
        Column("item", _l("Fee item"), "text"),
        Column("period", _l("Service period"), "text"),
        Column("debtor", _l("Debtor"), "text"),
        Column("charged", _l("Charged")),
        Column("settled", _l("Settled")),
        Column("balance", _l("Balance")),
    ]
    totals = summed(columns, rows) | {"balance": balance}
    chart = Chart(
        "lines", [str(row.cells["day"]) for row in rows], {"balance": [row.cells["balance"] for row in rows]}
    )
    return Report("room_statement", _l("Statement of a room"), wanted, columns, rows, totals, chart)


def _opening(wanted: ReportFilter, balance: int) -> Row:
    return Row({"day": wanted.start, "cause": "balance", "charged": 0, "settled": 0, "balance": balance})


def publication(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """By item: earned (income accounts), discounts, received, and what shared costs were; for owners to read."""
    where, values = conditions(actor, replace(wanted, channel=None, cashier_id=None, person_id=None))
    facts = values | {
        "receivable": account_of(uow, "receivable"), "start": wanted.start, "end": wanted.end,
        "community": wanted.community_id,
    }  # fmt: skip
    found = fetch(
        uow,
        "WITH g AS (SELECT t.item_id,"
        " CAST(COALESCE(sum(CASE WHEN t.credit_id = a.id THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE a.kind IN ('income', 'late_fee_income')), 0) AS bigint) AS earned,"
        " CAST(COALESCE(sum(CASE WHEN t.debit_id = a.id THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE a.kind IN ('discount', 'write_off')), 0) AS bigint) AS given_up,"
        " CAST(COALESCE(sum(CASE WHEN t.debit_id = a.id THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE a.kind = 'cash'), 0) AS bigint) AS received"
        " FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id)"
        " LEFT JOIN room r ON r.id = t.room_id"
        " WHERE a.kind IN ('income', 'late_fee_income', 'discount', 'write_off', 'cash')"
        f" AND t.business_date >= :start AND t.business_date <= :end{where} GROUP BY 1),"
        " s AS (SELECT item_id, CAST(COALESCE(sum(amount_minor), 0) AS bigint) AS spent FROM pool_cost"
        " WHERE period_from >= :start AND period_from <= :end"
        " AND (CAST(:community AS uuid) IS NULL OR community_id = CAST(:community AS uuid)) GROUP BY 1)"
        " SELECT COALESCE(g.item_id, s.item_id) AS item_id, i.name AS item, COALESCE(g.earned, 0) AS earned,"
        " COALESCE(g.given_up, 0) AS given_up, COALESCE(g.received, 0) AS received, COALESCE(s.spent, 0) AS spent"
        " FROM g FULL JOIN s ON s.item_id = g.item_id LEFT JOIN fee_item i ON i.id = COALESCE(g.item_id, s.item_id)"
        " ORDER BY i.priority, i.name",
        facts,
    )
    columns = [
        Column("item", _l("Fee item"), "text"),
        Column("earned", _l("Income")),
        Column("given_up", _l("Discounts and write-offs")),
        Column("received", _l("Amount received")),
        Column("spent", _l("Shared costs")),
    ]
    rows = [
        Row({**row, "item": row["item"] or _("(none)")}, {"item_id": str(row["item_id"] or "")})
        for row in found
    ]
    return Report(
        "publication", _l("Income and spending"), wanted, columns, rows, summed(columns, rows),
        bars(rows, "item", ["earned", "received"]),
        _l("Spending holds the shared costs that were entered; wages and purchases are kept elsewhere."),
    )  # fmt: skip
