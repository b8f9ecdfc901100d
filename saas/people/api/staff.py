"""Staff and roles."""

from typing import Any
from uuid import UUID

from flask import request

from saas.core.errors import NotFound, VersionConflict
from saas.people.permissions import ROLE_VIEW, STAFF_EDIT, STAFF_VIEW
from saas.people.presenting import staff_draft, staff_view
from saas.people.queries import list_roles, list_staff, staff_with_account
from saas.people.schemas import InvitationSchema, RoleSchema, StaffInSchema, StaffListArgs, StaffSchema
from saas.people.services.activation import invite_account
from saas.people.services.roles import effective_grants
from saas.people.services.staff import (
    create_staff,
    deactivate_staff,
    reactivate_staff,
    staff_of,
    update_staff,
)
from saas.web.api import API_PREFIX, Blueprint, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work

blp = Blueprint("people_staff_api", __name__, url_prefix=API_PREFIX, description="Staff and roles")


@blp.get("/staff")
@blp.arguments(StaffListArgs, location="query")
@blp.response(200, listing_of(StaffSchema))
@access(STAFF_VIEW.code)
def staff_list(args: dict[str, Any]) -> dict[str, Any]:
    """Staff by name; deactivated ones only with state=disabled."""
    with work(read_only=True) as uow:
        rows, cursor = list_staff(uow, current_actor(), text=args.pop("q"), **args)
        return {"items": [staff_view(uow, row) for row in rows], "next_cursor": cursor}


@blp.post("/staff")
@blp.arguments(StaffInSchema)
@blp.response(201, StaffSchema)
@blp.alt_response(422, description="a field is wrong; see fields")
@access(STAFF_EDIT.code)
def staff_create(data: dict[str, Any]) -> dict[str, Any]:
    """Add a member of staff; invite them to let them set a password."""
    with work() as uow:
        return staff_view(uow, create_staff(uow, actor=current_actor(), draft=staff_draft(data)))


@blp.get("/staff/<uuid:staff_id>")
@blp.response(200, StaffSchema)
@access(STAFF_VIEW.code)
def staff_read(staff_id: UUID) -> Any:
    """One member of staff, with an ETag for changes."""
    with work(read_only=True) as uow:
        member = staff_with_account(uow, staff_id)
        if member is None:
            raise NotFound()
        return staff_view(uow, member), 200, {"ETag": f'"{member.version}"'}


@blp.put("/staff/<uuid:staff_id>")
@blp.arguments(StaffInSchema)
@blp.response(200, StaffSchema)
@blp.alt_response(409, description="changed by someone else (If-Match), or the last administrator")
@access(STAFF_EDIT.code)
def staff_change(data: dict[str, Any], staff_id: UUID) -> Any:
    """Replace everything about a member of staff; `If-Match` guards against overwriting."""
    with work() as uow:
        member = update_staff(
            uow, actor=current_actor(), staff_id=staff_id, draft=staff_draft(data), version=_matched_version()
        )
        return staff_view(uow, member), 200, {"ETag": f'"{member.version}"'}


def _matched_version() -> int | None:
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if text in ("", "*"):
        return None
    if not text.isdecimal():
        raise VersionConflict()
    return int(text)


@blp.post("/staff/<uuid:staff_id>/deactivate")
@blp.response(200, StaffSchema)
@blp.alt_response(409, description="the own account or the last administrator")
@access(STAFF_EDIT.code)
def staff_deactivate(staff_id: UUID) -> dict[str, Any]:
    """Close the account and end its sessions."""
    with work() as uow:
        return staff_view(uow, deactivate_staff(uow, actor=current_actor(), staff_id=staff_id))


@blp.post("/staff/<uuid:staff_id>/reactivate")
@blp.response(200, StaffSchema)
@access(STAFF_EDIT.code)
def staff_reactivate(staff_id: UUID) -> dict[str, Any]:
    """Open a closed account again."""
    with work() as uow:
        return staff_view(uow, reactivate_staff(uow, actor=current_actor(), staff_id=staff_id))


@blp.post("/staff/<uuid:staff_id>/invitation")
@blp.response(201, InvitationSchema)
@access(STAFF_EDIT.code)
def staff_invite(staff_id: UUID) -> dict[str, Any]:
    """A one-time link with which the member of staff sets a password."""
    with work() as uow:
        invitation = invite_account(uow, actor=current_actor(), user_id=staff_of(uow, staff_id).user_id)
        return invitation_view(invitation)


def invitation_view(invitation: Any) -> dict[str, Any]:
    """The invitation with its whole address."""
    return {
        "user_id": invitation.user_id,
        "url": request.host_url.rstrip("/") + invitation.path,
        "expires_at": invitation.expires_at,
        "mailed": invitation.mailed,
    }


@blp.get("/roles")
@blp.response(200, listing_of(RoleSchema))
@access(ROLE_VIEW.code)
def roles() -> dict[str, Any]:
    """Roles with their permissions."""
    with work(read_only=True) as uow:
        items = [
            {"id": role.id, "key": role.key, "name": role.name, "permissions": sorted(effective_grants(role))}
            for role in list_roles(uow, current_actor())
        ]
        return {"items": items, "next_cursor": None}
