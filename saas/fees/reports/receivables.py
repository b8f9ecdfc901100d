"""What is owed: movements of the receivable account, arrears by age, collection rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from saas.core.actors import Actor
from saas.fees.reports.results import Column, Report, ReportFilter, Row, bars, percent, summed
from saas.fees.reports.sources import account_of, conditions, fetch, grouping_of, plain
from tenants.unit_of_work import UnitOfWork

BY = ("item", "community", "building", "room", "person")
# What a transfer of the receivable account is, by its cause and the account on the other side.
_CLASS = (
    "CASE WHEN t.cause = 'void' THEN 'voided' WHEN t.cause = 'waiver' THEN 'waived'"
    " WHEN t.cause = 'write_off' THEN 'written_off' WHEN t.cause = 'refund' THEN 'refunded'"
    " WHEN a.kind = 'discount' THEN 'discounts' WHEN a.kind = 'opening' THEN 'carried'"
    " WHEN a.kind = 'late_fee_income' THEN 'late_fees' WHEN a.kind = 'prepaid' THEN 'from_prepaid'"
    " WHEN a.kind = 'cash' THEN 'received' WHEN t.cause = 'bill' THEN 'charged' ELSE 'other' END"
)
CLASSES = (
    ("charged", _l("Charged")),
    ("late_fees", _l("Late fees")),
    ("carried", _l("Opening arrears")),
    ("discounts", _l("Discounts")),
    ("voided", _l("Voided")),
    ("received", _l("Amount received")),
    ("from_prepaid", _l("Paid from prepaid")),
    ("refunded", _l("Refunded")),
    ("waived", _l("Late fees waived")),
    ("written_off", _l("Written off")),
    ("other", _l("Other")),
)
AGES = ((0, "not_due"), (30, "to_30"), (90, "to_90"), (180, "to_180"), (365, "to_365"), (None, "older"))


def receivable(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Opening balance, everything that moved it, closing balance; the last is the account's at the end."""
    by, group = grouping_of(wanted.by, "item", BY)
    where, values = conditions(actor, wanted)
    found = fetch(
        uow,
        f"WITH g AS (SELECT {group.key} AS key,"
        f" CASE WHEN t.business_date < :start THEN 'opening' ELSE {_CLASS} END AS class,"
        " CAST(sum(CASE WHEN t.debit_id = :receivable THEN t.minor ELSE -t.minor END) AS bigint) AS minor"
        " FROM ledger_transfer t JOIN ledger_account a"
        " ON a.id = CASE WHEN t.debit_id = :receivable THEN t.credit_id ELSE t.debit_id END"
        " LEFT JOIN room r ON r.id = t.room_id"
        " WHERE (t.debit_id = :receivable OR t.credit_id = :receivable) AND t.business_date <= :end"
        f"{where} GROUP BY 1, 2) SELECT g.*, {group.label} AS label FROM g {group.join} ORDER BY {group.order}, g.key",
        values | {"receivable": account_of(uow, "receivable"), "start": wanted.start, "end": wanted.end},
    )
    cells: dict[Any, dict[str, Any]] = {}
    for row in found:
        mine = cells.setdefault(row["key"], {by: row["label"] or _("(none)")})
        mine[row["class"]] = mine.get(row["class"], 0) + row["minor"]
        mine["closing"] = mine.get("closing", 0) + row["minor"]
    seen = {name for each in cells.values() for name in each}
    columns = [
        Column(by, group.title, "text"),
        Column("opening", _l("Opening balance")),
        *(Column(name, title) for name, title in CLASSES if name in seen or name in ("charged", "received")),
        Column("closing", _l("Closing balance")),
    ]
    rows = [Row(each, {group.drill: plain(key)}) for key, each in cells.items()]
    return Report(
        "receivable", _l("Receivables"), wanted, columns, rows, summed(columns, rows),
        bars(rows, by, ["charged", "closing"]),
    )  # fmt: skip


# What is open of each line at the end, together with the discounts and adjustments that were set off against it.
_OPEN = (
    "SELECT COALESCE(f.corrects_id, t.line_id) AS root_id,"
    " CAST(sum(CASE WHEN t.debit_id = :receivable THEN t.minor ELSE -t.minor END) AS bigint) AS minor"
    " FROM ledger_transfer t LEFT JOIN room r ON r.id = t.room_id LEFT JOIN bill_line f ON f.id = t.line_id"
    " AND f.corrects_id IS NOT NULL AND f.kind IN ('discount', 'adjustment') AND f.amount_minor < 0"
    " WHERE (t.debit_id = :receivable OR t.credit_id = :receivable) AND t.business_date <= :end{where}"
    " GROUP BY 1"
)


def arrears(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """What is open at the end of a day, by how long it has been due; the total is the account's balance."""
    by, group = grouping_of(wanted.by, "room", BY)
    where, values = conditions(actor, replace(wanted, channel=None, cashier_id=None))
    aged = ", ".join(_aged(name, number) for number, (_days, name) in enumerate(AGES))
    found = fetch(
        uow,
        f"WITH s AS ({_OPEN.format(where=where)}),"
        f" g AS (SELECT {group.key} AS key, {aged},"
        " CAST(COALESCE(sum(s.minor) FILTER (WHERE s.minor < 0), 0) AS bigint) AS credit,"
        " CAST(sum(s.minor) AS bigint) AS total, count(*) AS lines, min(t.due_on) AS oldest"
        " FROM s JOIN bill_line t ON t.id = s.root_id LEFT JOIN room r ON r.id = t.room_id"
        " WHERE s.minor <> 0 GROUP BY 1)"
        f" SELECT g.*, {group.label} AS label FROM g {group.join} ORDER BY {group.order}, g.key",
        values | {"receivable": account_of(uow, "receivable"), "end": wanted.end},
    )
    titles = (
        _l("Not due yet"), _l("Up to 30 days"), _l("31–90 days"), _l("91–180 days"), _l("181–365 days"),
        _l("Over a year"),
    )  # fmt: skip
    columns = [
        Column(by, group.title, "text"),
        Column("lines", _l("Bills"), "number"),
        *(Column(name, title) for (_days, name), title in zip(AGES, titles, strict=True)),
        Column("credit", _l("Credits")),
        Column("total", _l("Total")),
        Column("oldest", _l("Oldest due"), "date"),
    ]
    rows = [Row({**row, by: row["label"] or _("(none)")}, {group.drill: plain(row["key"])}) for row in found]
    return Report(
        "arrears", _l("Arrears by age"), wanted, columns, rows, summed(columns, rows),
        bars(rows, by, ["total"]),
    )  # fmt: skip


def _aged(name: str, number: int) -> str:
    """The sum of one age; days since the due date."""
    most = AGES[number][0]
    least = AGES[number - 1][0] if number else None
    days = "(CAST(:end AS date) - t.due_on)"
    bounds = [] if least is None else [f"{days} > {least}"]
    bounds += [] if most is None else [f"{days} <= {most}"]
    condition = " AND ".join(["s.minor > 0", *bounds])
    return f"CAST(COALESCE(sum(s.minor) FILTER (WHERE {condition}), 0) AS bigint) AS {name}"


def collection_rate(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Of what was charged for service periods that begin within the days: how much is paid by now."""
    by, group = grouping_of(wanted.by, "item", (*BY, "month"))
    key = "to_char(t.period_from, 'YYYY-MM')" if by == "month" else group.key
    where, values = conditions(actor, replace(wanted, channel=None, cashier_id=None))
    found = fetch(
        uow,
        "WITH m AS (SELECT x.line_id,"
        " CAST(COALESCE(sum(CASE WHEN x.debit_id = :receivable THEN x.minor ELSE -x.minor END)"
        "  FILTER (WHERE x.cause IN ('bill', 'opening', 'void')), 0) AS bigint) AS charged,"
        " CAST(COALESCE(sum(CASE WHEN x.credit_id = :receivable THEN x.minor ELSE -x.minor END)"
        "  FILTER (WHERE x.cause IN ('payment', 'refund', 'credit')), 0) AS bigint) AS collected,"
        " CAST(COALESCE(sum(CASE WHEN x.credit_id = :receivable THEN x.minor ELSE -x.minor END)"
        "  FILTER (WHERE x.cause IN ('waiver', 'write_off')), 0) AS bigint) AS given_up"
        " FROM ledger_transfer x WHERE (x.debit_id = :receivable OR x.credit_id = :receivable)"
        " GROUP BY x.line_id),"
        f" g AS (SELECT {key} AS key, CAST(sum(m.charged) AS bigint) AS charged,"
        " CAST(sum(m.collected) AS bigint) AS collected, CAST(sum(m.given_up) AS bigint) AS given_up"
        " FROM bill_line t JOIN m ON m.line_id = t.id LEFT JOIN room r ON r.id = t.room_id"
        " WHERE t.period_from >= :start AND t.period_from <= :end"
        f"{where} GROUP BY 1)"
        f" SELECT g.*, {group.label} AS label FROM g {group.join} ORDER BY {group.order}, g.key",
        values | {"receivable": account_of(uow, "receivable"), "start": wanted.start, "end": wanted.end},
    )
    columns = [
        Column(by, group.title, "text"),
        Column("charged", _l("Charged")),
        Column("collected", _l("Collected")),
        Column("given_up", _l("Waived and written off")),
        Column("open", _l("Open")),
        Column("rate", _l("Collection rate"), "percent"),
    ]
    rows = [
        Row(_rated(row) | {by: row["label"] or _("(none)")}, {group.drill: plain(row["key"])})
        for row in found
    ]
    totals = _rated(summed(columns[1:4], rows))
    return Report(
        "collection_rate", _l("Collection rate"), wanted, columns, rows, totals,
        bars(rows, by, ["charged", "collected"]),
    )  # fmt: skip


def _rated(sums: dict[str, Any]) -> dict[str, Any]:
    gone = sums["collected"] + sums["given_up"]
    return sums | {"open": sums["charged"] - gone, "rate": percent(sums["collected"], sums["charged"])}
