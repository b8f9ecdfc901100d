"""Settings of people: roles and what they may do, and the audit list."""

from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from saas.core.permissions import all_permissions
from saas.people.action_names import ACTION_GROUPS, action_title
from saas.people.pages.blueprint import blueprint
from saas.people.permissions import AUDIT_VIEW, ROLE_VIEW
from saas.people.queries import list_audit, list_roles, user_names
from saas.people.role_names import role_description, role_title
from saas.people.services.roles import effective_grants
from saas.web.auth import access, current_actor
from saas.web.render import page
from saas.web.work import work
from tenants.ids import parse_id


@blueprint.get("/settings/roles")
@access(ROLE_VIEW.code)
def roles() -> Response:
    """Each permission with the roles that hold it."""
    with work(read_only=True) as uow:
        found = list_roles(uow, current_actor())
        columns = [
            {"title": role_title(role.key or role.name), "text": role_description(role.key),
             "grants": effective_grants(role), "own": role.own_only}
            for role in found
        ]  # fmt: skip
    return page("people/roles.html", columns=columns, permissions=all_permissions())


@blueprint.get("/settings/audit")
@access(AUDIT_VIEW.code)
def audit() -> Response:
    """Who did what and when, the newest first."""
    group, user = request.args.get("group", ""), request.args.get("user", "")
    user_id: UUID | None = parse_id(user) if user else None
    with work(read_only=True) as uow:
        rows, cursor = list_audit(
            uow, current_actor(), action=group if group in ACTION_GROUPS else "", user_id=user_id,
            cursor=request.args.get("cursor"),
        )  # fmt: skip
        names = user_names(uow, [row.actor_id for row in rows if row.actor_id])
    return page(
        "people/audit.html", rows=rows, next_cursor=cursor, names=names, action_title=action_title, group=group,
        groups=ACTION_GROUPS, role_title=role_title,
    )  # fmt: skip
