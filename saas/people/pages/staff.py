"""Console pages of staff: the list with its side sheet, adding, changing, inviting, deactivating."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, NotFound
from saas.people.pages.blueprint import blueprint
from saas.people.permissions import STAFF_EDIT, STAFF_VIEW
from saas.people.places import scope_places
from saas.people.presenting import LIST_FIELDS, staff_draft, staff_fields, staff_view
from saas.people.qr import qr_picture
from saas.people.queries import list_staff, staff_with_account
from saas.people.role_names import FOR_STAFF, role_title
from saas.people.services.activation import invite_account
from saas.people.services.staff import (
    create_staff,
    deactivate_staff,
    reactivate_staff,
    staff_of,
    update_staff,
)
from saas.people.shifts import SHIFT_TITLES, SHIFTS
from saas.people.skills import SKILL_TITLES
from saas.web.auth import access, current_actor
from saas.web.render import page, say
from saas.web.work import work
from tenants.unit_of_work import UnitOfWork

FILTERS = ("q", "role", "skill", "state")


@blueprint.get("/staff")
@access(STAFF_VIEW.code)
def staff() -> Response:
    """The staff list, filters in the address."""
    with work(read_only=True) as uow:
        context = _list(uow)
    return page("people/staff.html", **context)


@blueprint.get("/staff/new")
@access(STAFF_EDIT.code)
def staff_new() -> Response:
    """The list with an empty form beside it."""
    with work(read_only=True) as uow:
        context = _list(uow) | _form(uow, None, _blank())
    return page("people/staff_form.html", **context)


@blueprint.post("/staff/new")
@access(STAFF_EDIT.code)
def staff_create() -> Response:
    """Add a member of staff and show the invitation."""
    try:
        draft = staff_draft(staff_fields(request.form))
        with work() as uow:
            member = create_staff(uow, actor=current_actor(), draft=draft)
            staff_id = member.id
    except DomainError as error:
        return _again(None, error)
    say(_("%(name)s is added. Invite them so that they can sign in.", name=draft.name))
    return redirect(url_for("people.staff_edit", staff_id=staff_id))


@blueprint.get("/staff/<uuid:staff_id>")
@access(STAFF_VIEW.code)
def staff_edit(staff_id: UUID) -> Response:
    """The list with one member of staff beside it."""
    with work(read_only=True) as uow:
        member = staff_with_account(uow, staff_id)
        if member is None:
            raise NotFound()
        context = _list(uow) | _form(uow, staff_id, staff_view(uow, member))
    return page("people/staff_form.html", **context)


@blueprint.post("/staff/<uuid:staff_id>")
@access(STAFF_EDIT.code)
def staff_change(staff_id: UUID) -> Response:
    """Save what the form shows."""
    try:
        draft = staff_draft(staff_fields(request.form))
        version = request.form.get("version", "")
        with work() as uow:
            update_staff(
                uow, actor=current_actor(), staff_id=staff_id, draft=draft,
                version=int(version) if version.isdecimal() else None,
            )  # fmt: skip
    except DomainError as error:
        return _again(staff_id, error)
    say(_("Saved."))
    return redirect(url_for("people.staff_edit", staff_id=staff_id))


@blueprint.post("/staff/<uuid:staff_id>/invitation")
@access(STAFF_EDIT.code)
def staff_invite(staff_id: UUID) -> Response:
    """Make a one-time link and show it as QR and text; it is shown this once."""
    with work() as uow:
        invitation = invite_account(uow, actor=current_actor(), user_id=staff_of(uow, staff_id).user_id)
    url = request.host_url.rstrip("/") + invitation.path
    back = url_for("people.staff_edit", staff_id=staff_id)
    headers = {"Cache-Control": "no-store"}
    return page(
        "people/invitation.html",
        headers=headers,
        invitation=invitation,
        url=url,
        qr=qr_picture(url),
        back=back,
    )


@blueprint.post("/staff/<uuid:staff_id>/deactivate")
@access(STAFF_EDIT.code)
def staff_deactivate(staff_id: UUID) -> Response:
    """Close the account."""
    with work() as uow:
        deactivate_staff(uow, actor=current_actor(), staff_id=staff_id)
    say(_("Deactivated. They are signed out everywhere and get no more orders."))
    return redirect(url_for("people.staff"))


@blueprint.post("/staff/<uuid:staff_id>/reactivate")
@access(STAFF_EDIT.code)
def staff_reactivate(staff_id: UUID) -> Response:
    """Open the account again."""
    with work() as uow:
        reactivate_staff(uow, actor=current_actor(), staff_id=staff_id)
    say(_("Active again."))
    return redirect(url_for("people.staff_edit", staff_id=staff_id))


def _again(staff_id: UUID | None, error: DomainError) -> Response:
    """The form as it was typed, with what is wrong."""
    typed: dict[str, Any] = {**_blank(), **request.form.to_dict()}
    typed |= {name: request.form.getlist(name) for name in LIST_FIELDS}
    typed["everywhere"] = request.form.get("everywhere", "1") == "1"
    typed["certificates"] = [request.form.get("certificates", "")]
    message = None if error.fields else str(error)
    with work(read_only=True) as uow:
        context = _list(uow) | _form(uow, staff_id, typed) | {"errors": error.fields, "message": message}
    return page("people/staff_form.html", error.status, **context)


def _blank() -> dict[str, Any]:
    usual = SHIFTS["early"]
    return {
        "state": "", "name": "", "phone": "", "email": "", "login_name": "", "job_number": "", "job_title": "",
        "skills": [], "certificates": [], "shift": usual.key, "shift_start": usual.start, "shift_end": usual.end,
        "weekdays": list(usual.weekdays), "max_open_orders": 5, "roles": ["technician"], "everywhere": True,
        "communities": [], "buildings": [], "version": "",
    }  # fmt: skip


def _list(uow: UnitOfWork) -> dict[str, Any]:
    chosen = {name: request.args.get(name, "") for name in FILTERS}
    rows, cursor = list_staff(
        uow, current_actor(), text=chosen["q"], role=chosen["role"], skill=chosen["skill"], state=chosen["state"],
        cursor=request.args.get("cursor"),
    )  # fmt: skip
    return {
        "rows": [staff_view(uow, row) for row in rows],
        "next_cursor": cursor,
        "chosen": chosen,
        "filtered": lambda **changes: _filtered(chosen, changes),
        "role_title": role_title,
        "skill_titles": SKILL_TITLES,
        "shift_titles": SHIFT_TITLES,
        "role_keys": FOR_STAFF,
        "may_edit": current_actor().may(STAFF_EDIT.code),
    }


def _filtered(chosen: dict[str, str], changes: dict[str, str | None]) -> str:
    """The list's address with some filters changed."""
    kept: dict[str, Any] = {name: value for name, value in {**chosen, **changes}.items() if value}
    return url_for("people.staff", **kept)


def _form(uow: UnitOfWork, staff_id: UUID | None, form: dict[str, Any]) -> dict[str, Any]:
    weekdays = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    return {
        "form": form,
        "role_options": [(key, role_title(key)) for key in FOR_STAFF],
        "staff_id": staff_id,
        "errors": {},
        "message": None,
        "places": scope_places(uow),
        "weekday_names": list(enumerate(weekdays, start=1)),
        "is_self": staff_id is not None and staff_id == current_actor().staff_id,
    }
