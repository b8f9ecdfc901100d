"""All orders as a table with filters in the address, and the same list as an Excel file."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.repairs.catalogue import SOURCES, category_title, urgency_title
from saas.repairs.pages import desk_words as words
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.desk import board_topics
from saas.repairs.pages.desk_filters import filter_of, id_of, menus_of, state_menu, urgency_menu
from saas.repairs.pages.desk_order import order_context
from saas.repairs.pages.desk_rows import drawn_rows
from saas.repairs.permissions import OVERVIEW
from saas.repairs.queries.board import board_choices, open_call_backs
from saas.repairs.queries.desk import numbered, orders_to_export, room_words
from saas.repairs.queries.orders import OrderRow, list_orders, may_see
from saas.repairs.states import STATES
from saas.web.auth import access, current_actor
from saas.web.render import is_partial, page
from saas.web.work import work
from tenants.clock import business_date
from tenants.context import current_tenant

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILTERS = (
    "community",
    "building",
    "room",
    "category",
    "urgency",
    "technician",
    "state",
    "today",
    "overdue",
    "q",
    "calls",
)


@blueprint.get("/repairs")
@access(OVERVIEW.code)
def orders() -> Response:
    """The list; `?calls=1` are those whose residents wait for a call back."""
    actor, args = current_actor(), request.args
    wanted, shown = filter_of(args), id_of(args.get("order"))
    with work(read_only=True) as uow:
        exact = numbered(uow, actor=actor, number=wanted.q) if wanted.q and shown is None else None
        if exact is not None and not is_partial():
            return redirect(url_for("repairs.order", order_id=exact))
        if args.get("calls"):
            rows, cursor = open_call_backs(uow, actor=actor), None
        else:
            rows, cursor = list_orders(uow, actor=actor, wanted=wanted, cursor=args.get("cursor"))
        context: dict[str, Any] = {"rows": rows, "next_cursor": cursor}
        context["menus"] = [
            state_menu(args),
            urgency_menu(args),
            *menus_of(args, board_choices(uow, actor=actor)),
        ]
        context["room"] = room_words(uow, wanted.room_id) if wanted.room_id else ""
        if shown is not None and may_see(uow, actor, shown):
            context |= order_context(uow, shown)
    filters = {name: args[name] for name in FILTERS if args.get(name)}
    context |= {
        "words": words, "selected": shown, "wanted": wanted, "filters": filters, "live_topics": board_topics(actor),
        "drawn_rows": drawn_rows(rows, filters, shown),
    }  # fmt: skip
    return page("repairs/desk/list.html", **context)


@blueprint.get("/repairs/export")
@access(OVERVIEW.code)
def orders_export() -> Response:
    """The filtered list as an Excel file, with the same rows that the page shows."""
    actor = current_actor()
    with work() as uow:
        rows = orders_to_export(uow, actor=actor, wanted=filter_of(request.args))
        uow.audit(
            "repairs.exported",
            actor=actor.ref(),
            subject=("tenant", uow.tenant.id),
            details={"rows": len(rows)},
        )
    name = f"repairs-{business_date(current_tenant().time_zone):%Y%m%d}.xlsx"
    answer = Response(_book(rows), mimetype=EXCEL)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _book(rows: list[OrderRow]) -> bytes:
    """Every cell that people wrote stays text: nothing is computed when the file is opened."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(buffer, options)
    sheet = book.add_worksheet(_("Repairs"))
    bold, instant = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    titles = (
        _("Number"), _("State"), _("Category"), _("Urgency"), _("What was said"), _("Place"), _("Reported by"),
        _("Source"), _("Technician"), _("Reported"), _("Due"), _("Repaired"),
    )  # fmt: skip
    for column, title in enumerate(titles):
        sheet.write_string(0, column, title, bold)
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(_cells(row)):
            if isinstance(value, datetime):
                sheet.write_datetime(line, column, value, instant)
            else:
                sheet.write_string(line, column, value)
    for column, width in enumerate((16, 10, 12, 8, 46, 30, 12, 16, 12, 17, 17, 17)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(rows), 1), len(titles) - 1)
    book.close()
    return buffer.getvalue()


def _cells(row: OrderRow) -> tuple[Any, ...]:
    source = SOURCES.get(row.source)
    return (
        row.number, STATES[row.state].text(), category_title(row.category), urgency_title(row.urgency), row.description,
        row.place, row.reporter_name, source.text() if source else row.source, row.technician or "",
        _local(row.created_at), _local(row.next_due_at), _local(row.finished_at),
    )  # fmt: skip


def _local(instant: datetime | None) -> datetime | str:
    if instant is None:
        return ""
    return instant.astimezone(ZoneInfo(current_tenant().time_zone)).replace(tzinfo=None, microsecond=0)
