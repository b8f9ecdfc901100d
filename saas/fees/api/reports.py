"""Reports, as JSON or as an Excel book."""

from __future__ import annotations

from typing import Any

from flask import Response

from saas.fees import permissions as p
from saas.fees.presenting_meters import report_view
from saas.fees.reports.excel import to_excel
from saas.fees.reports.registry import make_report
from saas.fees.reports.results import ReportFilter
from saas.fees.schemas.meters import LedgerReportSchema, ReportArgs
from saas.web.api import API_PREFIX, Blueprint
from saas.web.auth import access, current_actor
from saas.web.work import work
from tenants.clock import business_date

blp = Blueprint("fees_reports_api", __name__, url_prefix=API_PREFIX, description="Reports of the ledger")
BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blp.get("/reports/<name>")
@blp.arguments(ReportArgs, location="query")
@blp.response(200, LedgerReportSchema)
@blp.alt_response(404, description="there is no report of that name")
@access(p.LEDGER.code)
def reports_read(args: dict[str, Any], name: str) -> Any:
    """receivable, received, arrears, collection_rate, prepaid, deposits, discounts, late_fees, room_statement,
    publication; without days the month so far."""
    shape = args.pop("format")
    with work(read_only=True) as uow:
        today = business_date(uow.tenant.time_zone)
        args["end"] = args["end"] or today
        args["start"] = args["start"] or args["end"].replace(day=1)
        report = make_report(uow, actor=current_actor(), name=name, wanted=ReportFilter(**args))
        if shape == "json":
            return report_view(report, uow.tenant.currency)
        book = to_excel(report)
    named = f'attachment; filename="{report.name}-{args["start"]}-{args["end"]}.xlsx"'
    return Response(book, mimetype=BOOK, headers={"Content-Disposition": named})
