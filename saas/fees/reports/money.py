"""Money that came and went: received by whom and how, prepaid accounts, deposits held."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from saas.core.actors import Actor
from saas.fees.reports.results import Chart, Column, Report, ReportFilter, Row, bars, summed
from saas.fees.reports.sources import account_of, conditions, fetch, grouping_of, plain
from tenants.unit_of_work import UnitOfWork

BY = ("channel", "day", "month", "cashier", "item", "community", "building", "room", "person")


def received(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Money in and paid back over the cash accounts of all channels; the net is what their balances moved by."""
    by, group = grouping_of(wanted.by, "channel", BY)
    where, values = conditions(actor, wanted)
    # The account knows the channel better than the transfer: deposits and refunds have theirs too.
    key = "COALESCE(a.channel, t.channel)" if by == "channel" else group.key
    found = fetch(
        uow,
        f"WITH g AS (SELECT {key} AS key,"
        " CAST(COALESCE(sum(t.minor) FILTER (WHERE t.debit_id = a.id), 0) AS bigint) AS taken,"
        " CAST(COALESCE(sum(t.minor) FILTER (WHERE t.credit_id = a.id), 0) AS bigint) AS paid_back,"
        " count(DISTINCT t.cause_id) AS times"
        " FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id)"
        " LEFT JOIN room r ON r.id = t.room_id"
        " WHERE a.kind = 'cash' AND t.business_date >= :start AND t.business_date <= :end"
        f"{where} GROUP BY 1) SELECT g.*, {group.label} AS label FROM g {group.join} ORDER BY {group.order}, g.key",
        values | {"start": wanted.start, "end": wanted.end},
    )
    columns = [
        Column(by, group.title, "text"),
        Column("times", _l("Times"), "number"),
        Column("taken", _l("Amount received")),
        Column("paid_back", _l("Paid back")),
        Column("net", _l("Net")),
    ]
    rows = [
        Row(
            {**row, by: row["label"] or _("(none)"), "net": row["taken"] - row["paid_back"]},
            {group.drill: plain(row["key"])},
        )
        for row in found
    ]
    chart = bars(rows, by, ["taken"])
    if by in ("day", "month"):
        chart = Chart("lines", chart.labels, chart.series)
    return Report("received", _l("Amount received"), wanted, columns, rows, summed(columns, rows), chart)


def prepaid(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Each prepaid account: what it held before, what came and went, what it holds at the end."""
    where, values = conditions(actor, wanted)
    where = where.replace("t.community_id", "r.community_id").replace("t.room_id", "a.room_id")
    found = fetch(
        uow,
        "WITH g AS (SELECT a.id,"
        " CAST(sum(CASE WHEN t.credit_id = a.id THEN t.minor ELSE -t.minor END) AS bigint) AS closing,"
        " CAST(COALESCE(sum(CASE WHEN t.credit_id = a.id THEN t.minor ELSE -t.minor END)"
        "  FILTER (WHERE t.business_date < :start), 0) AS bigint) AS opening,"
        " CAST(COALESCE(sum(t.minor) FILTER (WHERE t.credit_id = a.id AND t.business_date >= :start), 0) AS bigint)"
        "  AS paid_in,"
        " CAST(COALESCE(sum(t.minor) FILTER (WHERE t.debit_id = a.id AND t.business_date >= :start), 0) AS bigint)"
        "  AS used"
        " FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id)"
        f" LEFT JOIN room r ON r.id = a.room_id WHERE a.kind = 'prepaid' AND t.business_date <= :end{where}"
        " GROUP BY a.id) SELECT g.*, a.room_id, a.person_id, o.key AS room,"
        " COALESCE(p.name, NULLIF(a.debtor_name, '')) AS person"
        " FROM g JOIN ledger_account a ON a.id = g.id LEFT JOIN room o ON o.id = a.room_id"
        " LEFT JOIN person p ON p.id = a.person_id ORDER BY o.community_id, o.sort_key, person, g.id",
        values | {"start": wanted.start, "end": wanted.end},
    )
    columns = [
        Column("room", _l("Room"), "text"),
        Column("person", _l("Debtor"), "text"),
        Column("opening", _l("Opening balance")),
        Column("paid_in", _l("Paid in")),
        Column("used", _l("Used")),
        Column("closing", _l("Closing balance")),
    ]
    rows = [
        Row(row, {"room_id": plain(row["room_id"]), "person_id": plain(row["person_id"])}) for row in found
    ]
    return Report(
        "prepaid", _l("Prepaid accounts"), wanted, columns, rows, summed(columns, rows),
        bars(rows, "room", ["closing"]),
    )  # fmt: skip


def deposits(uow: UnitOfWork, actor: Actor, wanted: ReportFilter) -> Report:
    """Deposits received, deducted and returned; what is held at the end is the deposit account's balance."""
    by, group = grouping_of(wanted.by, "item", ("item", "community", "building", "room", "person"))
    where, values = conditions(actor, wanted)
    found = fetch(
        uow,
        f"WITH g AS (SELECT {group.key} AS key,"
        + _moved("opening", "t.business_date < :start")
        + ","
        + _moved("received", "t.business_date >= :start AND t.credit_id = :deposit")
        + ","
        + _moved(
            "returned", "t.business_date >= :start AND t.debit_id = :deposit AND a.kind <> 'income'", "-"
        )
        + ","
        + _moved("deducted", "t.business_date >= :start AND t.debit_id = :deposit AND a.kind = 'income'", "-")
        + ","
        + _moved("held", "true")
        + " FROM ledger_transfer t JOIN ledger_account a"
        " ON a.id = CASE WHEN t.debit_id = :deposit THEN t.credit_id ELSE t.debit_id END"
        " LEFT JOIN room r ON r.id = t.room_id"
        " WHERE (t.debit_id = :deposit OR t.credit_id = :deposit) AND t.business_date <= :end"
        f"{where} GROUP BY 1) SELECT g.*, {group.label} AS label FROM g {group.join} ORDER BY {group.order}, g.key",
        values | {"deposit": account_of(uow, "deposit"), "start": wanted.start, "end": wanted.end},
    )
    columns = [
        Column(by, group.title, "text"),
        Column("opening", _l("Held before")),
        Column("received", _l("Amount received")),
        Column("deducted", _l("Deducted")),
        Column("returned", _l("Amount returned")),
        Column("held", _l("Held at the end")),
    ]
    rows: list[Row] = [
        Row({**row, by: row["label"] or _("(none)")}, {group.drill: plain(row["key"])}) for row in found
    ]
    totals: dict[str, Any] = summed(columns, rows)
    return Report("deposits", _l("Deposits"), wanted, columns, rows, totals, bars(rows, by, ["held"]))


def _moved(name: str, condition: str, sign: str = "") -> str:
    """What the deposit account grew by under a condition."""
    signed = "CASE WHEN t.credit_id = :deposit THEN t.minor ELSE -t.minor END"
    return f" CAST(COALESCE({sign}sum({signed}) FILTER (WHERE {condition}), 0) AS bigint) AS {name}"
