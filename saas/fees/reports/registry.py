"""The reports by name, each behind the permission to see the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import lazy_gettext as _l

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.fees.errors import wrong
from saas.fees.permissions import LEDGER
from saas.fees.reports import given_up, money, receivables, statements
from saas.fees.reports.results import Report, ReportFilter
from tenants.unit_of_work import UnitOfWork

Maker = Callable[[UnitOfWork, Actor, ReportFilter], Report]

REPORTS: Mapping[str, Maker] = {
    "receivable": receivables.receivable,
    "received": money.received,
    "arrears": receivables.arrears,
    "collection_rate": receivables.collection_rate,
    "prepaid": money.prepaid,
    "deposits": money.deposits,
    "discounts": given_up.discounts,
    "late_fees": given_up.late_fees,
    "room_statement": statements.room_statement,
    "publication": statements.publication,
}


def make_report(uow: UnitOfWork, *, actor: Actor, name: str, wanted: ReportFilter) -> Report:
    """The report, within what the actor may see. Raises NotFound, InvalidInput, Forbidden."""
    actor.require(LEDGER.code)
    maker = REPORTS.get(name.replace("-", "_"))
    if maker is None:
        raise NotFound(_l("There is no such report."), code="report_not_found")
    if wanted.start > wanted.end:
        raise wrong("from", _l("The first day is after the last."))
    return maker(uow, actor, wanted)
