"""Brings the repairs slice into the application."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from saas.core.actors import Actor
from saas.core.live import register_topic
from saas.core.messages import declare_template
from saas.core.permissions import declare
from saas.people.action_names import register_action_titles
from saas.repairs.api import blp
from saas.repairs.audit_titles import AUDIT_TITLES
from saas.repairs.jobs import register_timers
from saas.repairs.messages import TEMPLATES
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.desk_rooms import register_desk
from saas.repairs.pages.rooms import register_phones
from saas.repairs.permissions import ALL, OVERVIEW, WORK
from saas.repairs.preferences import declare_preferences
from saas.repairs.queries.orders import may_see
from saas.repairs.services.classification import warm_classifier
from saas.repairs.subscribers import register_subscribers
from saas.web.api import api
from tenants.unit_of_work import UnitOfWork


def register(app: Flask) -> None:
    """Declare permissions, settings and messages, subscribe, set the timers' handlers, add the API."""
    register_effects()
    api.register_blueprint(blp)
    register_action_titles(AUDIT_TITLES)
    register_phones()
    register_desk()
    warm_classifier()
    app.register_blueprint(blueprint)


def register_effects() -> None:
    """Everything that does not need a web application: what a worker needs too."""
    declare(*ALL)
    declare_preferences()
    declare_template(*TEMPLATES)
    register_timers()
    register_subscribers()
    register_topic("repairs.board", _may_watch_board)
    register_topic("repairs.order", _may_watch_order)
    register_topic("repairs.staff", _may_watch_day)


def _may_watch_board(uow: UnitOfWork, actor: Actor, subject_id: UUID | None) -> bool:
    """The whole firm's board, or one community's; hints hold ids and states only."""
    scope = actor.scope(OVERVIEW.code)
    if subject_id is None:
        return scope.everything
    return scope.covers(community_id=subject_id) or bool(scope.buildings)


def _may_watch_order(uow: UnitOfWork, actor: Actor, subject_id: UUID | None) -> bool:
    return subject_id is not None and may_see(uow, actor, subject_id)


def _may_watch_day(uow: UnitOfWork, actor: Actor, subject_id: UUID | None) -> bool:
    return subject_id is not None and subject_id == actor.staff_id and actor.may(WORK.code)
