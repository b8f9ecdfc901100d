"""Registers estate with the application."""

from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select

from saas.core.actors import Actor, Scope
from saas.core.menus import MenuItem, register_menu, register_search
from saas.core.permissions import declare
from saas.estate import jobs, permissions
from saas.estate.api import imports as imports_api
from saas.estate.api import places as places_api
from saas.estate.audit_titles import AUDIT_TITLES
from saas.estate.models import Building, Community, Occupancy, Room
from saas.estate.pages import communities, imports, labels, rooms
from saas.estate.pages.blueprint import blueprint
from saas.estate.services.imports import FORGET
from saas.estate.services.places import make_community
from saas.people.action_names import register_action_titles
from saas.people.models import Person
from saas.people.places import ScopePlace, register_person_filter, register_place_directory
from saas.people.seeds import FirmSeed, register_seed
from saas.people.steps import Step, register_step
from saas.web.api import api
from tenants.unit_of_work import UnitOfWork
from tenants.wakeups import on_wakeup

PAGES = (communities, imports, labels, rooms)


def register(app: Flask) -> None:
    """Permissions, routes, menus, jobs, and what people asks of the slice above it."""
    declare(*permissions.ALL)
    register_action_titles(AUDIT_TITLES)
    app.register_blueprint(blueprint)
    for resource in (places_api, imports_api):
        api.register_blueprint(resource.blp)
    register_menu(
        "console",
        MenuItem(30, "rooms", _l("Homes"), "home", "estate.rooms", permissions.ROOM_BROWSE.code),
    )
    register_search("estate.rooms")
    on_wakeup(FORGET, jobs.forget_import)
    register_place_directory(scope_places)
    register_person_filter(persons_in_scope)
    register_seed(seed_community)
    register_step(10, estate_step)


def scope_places(uow: UnitOfWork) -> list[ScopePlace]:
    """Communities and buildings that a role may be limited to."""
    communities_found = uow.session.execute(select(Community.id, Community.name).order_by(Community.name))
    found = [ScopePlace(community_id, name) for community_id, name in communities_found]
    buildings = select(Building.id, Building.name, Building.community_id).order_by(
        Building.community_id, Building.sort_key
    )
    return found + [ScopePlace(*row) for row in uow.session.execute(buildings)]


def persons_in_scope(statement: Select, scope: Scope) -> Select:
    """Persons who own or live in a room of the scope, now or before."""
    covered = or_(Room.community_id.in_(scope.communities), Room.building_id.in_(scope.buildings))
    there = select(Occupancy.person_id).join(Room, Room.id == Occupancy.room_id).where(covered)
    return statement.where(Person.id.in_(there))


def seed_community(uow: UnitOfWork, actor: Actor, firm: FirmSeed) -> None:
    """The community named at sign-up."""
    if firm.community_name.strip():
        make_community(uow, name=firm.community_name)
        uow.session.flush()


def estate_step(uow: UnitOfWork, actor: Actor) -> Step | None:
    """First step of a new firm: its rooms and owners."""
    if not actor.may(permissions.IMPORT.code):
        return None
    return Step(
        title=_l("Import your rooms and owners"),
        text=_l("Take the Excel list as you keep it. You see what will happen before anything is written."),
        icon="file-import",
        endpoint="estate.import_new",
        done=uow.session.scalar(select(Room.id).limit(1)) is not None,
    )
