"""Where the pages of repairs stand in the rooms: first pages and the entries of the menus."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from saas.core.menus import Home, MenuItem, register_home, register_menu
from saas.repairs.pages import photos, report, resident, staff
from saas.repairs.permissions import REPORT, WORK

PHONE_PAGES = (photos, report, resident, staff)


def register_phones() -> None:
    """The resident's and the technician's rooms."""
    register_home(Home(10, "repairs.home", "resident", REPORT.code))
    register_home(Home(50, "repairs.today", "staff", WORK.code))
    register_menu("resident", MenuItem(10, "home", _l("Home"), "home", "repairs.home", REPORT.code))
    register_menu("resident", MenuItem(20, "report", _l("Report"), "tool", "repairs.report", REPORT.code))
    register_menu("staff", MenuItem(10, "today", _l("Today"), "list-check", "repairs.today", WORK.code))
    register_menu("staff", MenuItem(30, "scan", _l("Scan"), "scan", "repairs.scan", WORK.code))
