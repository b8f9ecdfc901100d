"""What the worker does by itself for repairs: the timers of offers, service levels and closing."""

from __future__ import annotations

from saas.repairs.services.dispatching import AGAIN_TIMER, OFFER_TIMER
from saas.repairs.services.due import LEVEL_TIMER
from saas.repairs.services.timers import (
    CLOSE_TIMER,
    on_again_timer,
    on_close_timer,
    on_level_timer,
    on_offer_timer,
)
from tenants.wakeups import on_wakeup


def register_timers() -> None:
    """Tell the kernel who handles which timer."""
    on_wakeup(OFFER_TIMER, on_offer_timer)
    on_wakeup(AGAIN_TIMER, on_again_timer)
    on_wakeup(LEVEL_TIMER, on_level_timer)
    on_wakeup(CLOSE_TIMER, on_close_timer)
