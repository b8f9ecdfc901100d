"""What roles may do with repair orders."""

from flask_babel import lazy_gettext as _l

from saas.core.permissions import Permission

REPORT = Permission("repairs.report", _l("Report a fault, follow it, rate it"), default_roles=("resident",))
REGISTER = Permission(
    "repairs.register", _l("Take a report on behalf of somebody"), default_roles=("front_desk", "technician")
)
VIEW = Permission(
    "repairs.view",
    _l("See the repair orders that concern oneself"),
    default_roles=("front_desk", "technician", "resident"),
)
OVERVIEW = Permission("repairs.overview", _l("See all repair orders"), default_roles=("front_desk",))
TRIAGE = Permission(
    "repairs.triage", _l("Confirm or correct category and urgency"), default_roles=("front_desk",)
)
DISPATCH = Permission(
    "repairs.dispatch", _l("Dispatch and withdraw repair orders"), default_roles=("front_desk",)
)
WORK = Permission("repairs.work", _l("Accept repair orders and work them off"), default_roles=("technician",))
CANCEL = Permission("repairs.cancel", _l("Cancel repair orders"), default_roles=("front_desk",))
REOPEN = Permission("repairs.reopen", _l("Reopen repair orders for somebody"), default_roles=("front_desk",))
CLOSE = Permission("repairs.close", _l("Close repair orders and call back"), default_roles=("front_desk",))
ESCALATION = Permission("repairs.escalation", _l("Hear of repair orders that are late"))
LEVELS = Permission("repairs.levels", _l("Set service levels and dispatch modes"))

ALL = (
    REPORT, REGISTER, VIEW, OVERVIEW, TRIAGE, DISPATCH, WORK, CANCEL, REOPEN, CLOSE, ESCALATION, LEVELS,
)  # fmt: skip
