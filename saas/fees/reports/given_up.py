"""What the firm gave up or earned on top: discounts, late fees, each tied to its own account."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from saas.core.actors import Actor
from saas.fees.reports.results import Column, Report, ReportFilter, Row, bars, summed
from saas.fees.reports.sources import account_of, conditions, fetch, grouping_of, plain
from tenants.unit_of_work import UnitOfWork

BY = ("item", "community", "building", "room", "person", "month")


def discounts(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Discounts and write-offs; their nets are what the two accounts moved by."""
    by, group = grouping_of(wanted.by, "item", BY)
    where, values = conditions(actor, wanted)
    found = fetch(
        uow,
        f"WITH g AS (SELECT {group.key} AS key,"
        " CAST(COALESCE(sum(CASE WHEN t.debit_id = a.id THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE a.kind = 'discount'), 0) AS bigint) AS discounts,"
        " CAST(COALESCE(sum(CASE WHEN t.debit_id = a.id THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE a.kind = 'write_off'), 0) AS bigint) AS written_off, count(*) AS times"
        " FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id)"
        " LEFT JOIN room r ON r.id = t.room_id WHERE a.kind IN ('discount', 'write_off')"
        f" AND t.business_date >= :start AND t.business_date <= :end{where} GROUP BY 1)"
        f" SELECT g.*, {group.label} AS label FROM g {group.join} ORDER BY {group.order}, g.key",
        values | {"start": wanted.start, "end": wanted.end},
    )
    columns = [
        Column(by, group.title, "text"),
        Column("times", _l("Times"), "number"),
        Column("discounts", _l("Discounts")),
        Column("written_off", _l("Written off")),
    ]
    rows = [Row({**row, by: row["label"] or _("(none)")}, {group.drill: plain(row["key"])}) for row in found]
    return Report(
        "discounts", _l("Discounts and write-offs"), wanted, columns, rows, summed(columns, rows),
        bars(rows, by, ["discounts", "written_off"]),
    )  # fmt: skip


def late_fees(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Late fees charged and waived within the days, and paid; earned is what their income account moved by."""
    by, group = grouping_of(wanted.by, "item", BY)
    where, values = conditions(actor, wanted)
    found = fetch(
        uow,
        "WITH x AS (SELECT t.*, 'earned' AS side FROM ledger_transfer t"
        " WHERE (t.credit_id = :earned OR t.debit_id = :earned)"
        " UNION ALL SELECT t.*, 'paid' FROM ledger_transfer t JOIN bill_line l ON l.id = t.line_id"
        " WHERE l.kind = 'late_fee' AND t.cause IN ('payment', 'refund')"
        " AND (t.credit_id = :receivable OR t.debit_id = :receivable)),"
        f" g AS (SELECT {group.key} AS key,"
        " CAST(COALESCE(sum(CASE WHEN t.credit_id = :earned THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE t.side = 'earned' AND t.cause <> 'waiver'), 0) AS bigint) AS charged,"
        " CAST(COALESCE(sum(CASE WHEN t.debit_id = :earned THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE t.side = 'earned' AND t.cause = 'waiver'), 0) AS bigint) AS waived,"
        " CAST(COALESCE(sum(CASE WHEN t.credit_id = :receivable THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE t.side = 'paid'), 0) AS bigint) AS paid"
        " FROM x t LEFT JOIN room r ON r.id = t.room_id"
        f" WHERE t.business_date >= :start AND t.business_date <= :end{where} GROUP BY 1)"
        f" SELECT g.*, {group.label} AS label FROM g {group.join} ORDER BY {group.order}, g.key",
        values
        | {
            "earned": account_of(uow, "late_fee_income"), "receivable": account_of(uow, "receivable"),
            "start": wanted.start, "end": wanted.end,
        },
    )  # fmt: skip
    columns = [
        Column(by, group.title, "text"),
        Column("charged", _l("Charged")),
        Column("waived", _l("Waived")),
        Column("earned", _l("Earned")),
        Column("paid", _l("Paid")),
    ]
    rows = [
        Row(
            {**row, by: row["label"] or _("(none)"), "earned": row["charged"] - row["waived"]},
            {group.drill: plain(row["key"])},
        )
        for row in found
    ]
    return Report(
        "late_fees", _l("Late fees"), wanted, columns, rows, summed(columns, rows),
        bars(rows, by, ["earned", "paid"]),
    )  # fmt: skip
