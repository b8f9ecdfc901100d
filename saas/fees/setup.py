"""Brings fees into the application."""

from __future__ import annotations

from flask import Flask

from saas.core.messages import declare_template
from saas.core.permissions import declare
from saas.fees import bill_jobs
from saas.fees.api import bills, meters, payments, reports, setup
from saas.fees.messages_prepaid import TEMPLATES as PREPAID_MESSAGES
from saas.fees.permissions import ALL
from saas.fees.preferences import declare_preferences
from saas.fees.subscribers import register_prepaid_subscribers, register_rule_subscribers
from saas.fees.timers import register_timers
from saas.web.api import api

__all__ = ["bill_jobs", "register", "register_effects"]


def register(app: Flask) -> None:
    """Permissions, settings, subscribers, jobs, the API."""
    register_effects()
    for resource in (setup, bills, payments, meters, reports):
        api.register_blueprint(resource.blp)


def register_effects() -> None:
    """Everything that does not need a web application: what a worker needs too."""
    declare(*ALL)
    declare_preferences()
    declare_template(*PREPAID_MESSAGES)
    register_rule_subscribers()
    register_prepaid_subscribers()
    register_timers()
