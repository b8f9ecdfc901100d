"""Registers people with the application."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from saas.core.actors import Actor, register_actor_resolver
from saas.core.menus import Home, MenuItem, register_home, register_menu
from saas.core.permissions import declare
from saas.people import permissions
from saas.people.api import access, persons, staff
from saas.people.browser import resolve_request
from saas.people.mailing import send_invitation
from saas.people.pages import account, entry, settings
from saas.people.pages import persons as person_pages
from saas.people.pages import staff as staff_pages
from saas.people.pages.blueprint import blueprint
from saas.people.queries import count_staff
from saas.people.services.activation import INVITATION_EFFECT
from saas.people.steps import Step, register_step
from saas.web.api import api
from tenants.outbox import register_effect
from tenants.unit_of_work import UnitOfWork

PAGES = (account, entry, person_pages, settings, staff_pages)


def register(app: Flask) -> None:
    """Permissions, routes, menus and the way a request becomes an actor."""
    declare(*permissions.ALL)
    register_actor_resolver(resolve_request)
    app.register_blueprint(blueprint)
    for resource in (access, staff, persons):
        api.register_blueprint(resource.blp)
    register_effect(INVITATION_EFFECT, send_invitation)
    _register_menus()
    register_step(20, staff_step)


def _register_menus() -> None:
    register_menu(
        "console", MenuItem(70, "staff", _l("Staff"), "users", "people.staff", permissions.STAFF_VIEW.code)
    )
    register_menu(
        "console",
        MenuItem(
            90, "settings", _l("Settings"), "settings", "people.roles", permissions.ROLE_VIEW.code, foot=True
        ),
    )
    register_menu("me", MenuItem(10, "account", _l("My account"), "user", "people.account"))
    register_menu("resident", MenuItem(90, "account", _l("Me"), "user", "people.account"))
    register_menu("staff", MenuItem(90, "account", _l("Me"), "user", "people.account"))
    register_home(Home(90, "people.first_steps", "staff", permissions.STAFF_EDIT.code))


def staff_step(uow: UnitOfWork, actor: Actor) -> Step | None:
    """Second step of a new firm: who works here."""
    if not actor.may(permissions.STAFF_EDIT.code):
        return None
    return Step(
        title=_l("Add your staff"),
        text=_l("Front desk and technicians: skills, shifts, and a link with which each sets a password."),
        icon="users",
        endpoint="people.staff_new",
        done=count_staff(uow) > 1,
    )
