"""What fees do by themselves: judge readings, remind debtors, leave alone who has paid."""

from __future__ import annotations

from saas.core.messages import declare_template
from saas.fees.events import BillsPublished, PaymentSucceeded
from saas.fees.messages_dunning import DUNNING_TEMPLATES
from saas.fees.services.dunning import DUN, dun_on_time, start_dunning
from saas.fees.services.dunning_desk import close_paid_cases
from saas.fees.services.readings import JUDGE, judge_on_time
from tenants.outbox import subscribe
from tenants.unit_of_work import UnitOfWork
from tenants.wakeups import on_wakeup


def register_timers() -> None:
    """The app and the worker do it once at start."""
    declare_template(*DUNNING_TEMPLATES)
    on_wakeup(JUDGE, judge_on_time)
    on_wakeup(DUN, dun_on_time)
    subscribe(BillsPublished, "fees.start_dunning", _bills_published)
    subscribe(PaymentSucceeded, "fees.close_paid_cases", close_paid_cases)


def _bills_published(uow: UnitOfWork, event: BillsPublished) -> None:
    start_dunning(uow)
