"""What roles may do with fees and money."""

from flask_babel import lazy_gettext as _l

from saas.core.permissions import Permission

VIEW = Permission(
    "fees.view", _l("See bills, payments and prices"), default_roles=("finance", "cashier", "front_desk")
)
MINE = Permission("fees.mine", _l("See and pay the bills of the own home"), default_roles=("resident",))
SETUP = Permission("fees.setup", _l("Set up fee items, prices, assignments"), default_roles=("finance",))
RUN = Permission("fees.run", _l("Prepare bill runs and look at their drafts"), default_roles=("finance",))
PUBLISH = Permission("fees.publish", _l("Approve and publish bill runs"), default_roles=("finance",))
ADJUST = Permission(
    "fees.adjust", _l("Adjust and void bills, charge single amounts"), default_roles=("finance",)
)
CONCEDE = Permission(
    "fees.concede",
    _l("Ask for discounts, waivers and write-offs"),
    default_roles=("finance", "cashier", "front_desk"),
)
CONCEDE_APPROVE = Permission("fees.concede_approve", _l("Approve discounts, waivers and write-offs"))
COLLECT = Permission(
    "fees.collect", _l("Take payments and deposits at the desk"), default_roles=("finance", "cashier")
)
REFUND = Permission("fees.refund", _l("Pay back payments and deposits"), default_roles=("finance", "cashier"))
REFUND_APPROVE = Permission(
    "fees.refund_approve", _l("Approve refunds above the limit"), default_roles=("finance",)
)
LEDGER = Permission("fees.ledger", _l("See the ledger and the reports"), default_roles=("finance",))
CLOSE = Permission("fees.close", _l("Close days and months of the ledger"), default_roles=("finance",))
METERS = Permission(
    "fees.meters", _l("Keep meters, review and import readings"), default_roles=("finance", "front_desk")
)
READ_METERS = Permission(
    "fees.read_meters", _l("Enter meter readings"), default_roles=("finance", "front_desk", "technician")
)
DUNNING = Permission(
    "fees.dunning", _l("Remind debtors, note promises and disputes"), default_roles=("finance", "front_desk")
)

ALL = (
    VIEW, MINE, SETUP, RUN, PUBLISH, ADJUST, CONCEDE, CONCEDE_APPROVE, COLLECT, REFUND, REFUND_APPROVE, LEDGER,
    CLOSE, METERS, READ_METERS, DUNNING,
)  # fmt: skip
