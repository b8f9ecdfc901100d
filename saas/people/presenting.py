"""Between the outside and the services: loaded fields to drafts, rows to what may be shown."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from saas.core.actors import Actor
from saas.core.errors import InvalidInput
from saas.people.errors import refuse_field
from saas.people.id_numbers import BadIdNumber, read_id_number
from saas.people.models import StaffMember
from saas.people.phones import mask_email, mask_phone, split_phones
from saas.people.schemas import StaffInSchema
from saas.people.services.accounts import email_of, phone_of, read_contact
from saas.people.services.persons import PersonDraft
from saas.people.services.roles import RoleScope
from saas.people.services.signup import FirmFounded
from saas.people.services.staff import StaffDraft, make_shift
from saas.web.firms import firm_address
from tenants.unit_of_work import UnitOfWork

MASK = "**"
LIST_FIELDS = ("skills", "weekdays", "roles", "communities", "buildings")


def staff_fields(form: MultiDict[str, str]) -> dict[str, Any]:
    """The staff form as the fields that the API takes; InvalidInput at wrong ones."""
    raw: dict[str, Any] = {name: form[name].strip() for name in StaffInSchema().fields if name in form}
    raw |= {name: [each for each in form.getlist(name) if each] for name in LIST_FIELDS}
    raw["certificates"] = [
        part.strip() for part in form.get("certificates", "").replace("，", ",").split(",") if part.strip()
    ]
    raw["everywhere"] = form.get("everywhere", "1")
    for name in ("shift_start", "shift_end"):
        raw[name] = (form.get(name) or "")[:5] or None
    try:
        loaded: dict[str, Any] = StaffInSchema().load(raw)
    except ValidationError as error:
        messages = {str(name): [_l("Please look at this again.")] for name in error.normalized_messages()}
        raise InvalidInput(fields=messages) from error
    return loaded


def staff_draft(data: dict[str, Any]) -> StaffDraft:
    """Loaded fields as a draft."""
    return StaffDraft(
        name=data["name"],
        contact=read_contact(phone=_unmasked(data["phone"]), email=_unmasked(data["email"])),
        keep_phone=MASK in data["phone"],
        keep_email=MASK in data["email"],
        job_number=data["job_number"] or None,
        job_title=data["job_title"],
        skills=tuple(data["skills"]),
        certificates=tuple(data["certificates"]),
        shift=make_shift(data["shift"], data["shift_start"], data["shift_end"], data["weekdays"]),
        max_open_orders=data["max_open_orders"],
        roles=tuple(data["roles"]),
        scope=RoleScope(data["everywhere"], frozenset(data["communities"]), frozenset(data["buildings"])),
        login_name=data["login_name"] or None,
    )


def _unmasked(text: str) -> str:
    """A masked value that comes back means: as it was."""
    return "" if MASK in text else text


def staff_view(uow: UnitOfWork, member: StaffMember) -> dict[str, Any]:
    """A member of staff as lists, forms and the API show it: the phone masked."""
    account = member.account
    phone, email = phone_of(uow, account), email_of(uow, account)
    held = [role for role in account.roles if not role.everywhere]
    return {
        "id": member.id,
        "user_id": account.id,
        "state": account.state,
        "name": account.name,
        "phone": mask_phone(phone) if phone else None,
        "email": mask_email(email) if email else None,
        "login_name": account.login_name,
        "job_number": member.job_number,
        "job_title": member.job_title,
        "skills": list(member.skills),
        "certificates": list(member.certificates),
        "shift": member.shift,
        "shift_start": member.shift_start,
        "shift_end": member.shift_end,
        "weekdays": list(member.weekdays),
        "max_open_orders": member.max_open_orders,
        "roles": [each.role.key or each.role.name for each in account.roles],
        "everywhere": not held,
        "communities": sorted({place for each in held for place in each.communities}),
        "buildings": sorted({place for each in held for place in each.buildings}),
        "version": member.version,
    }


def person_draft(data: dict[str, Any]) -> PersonDraft:
    """Loaded fields of a person as a draft; InvalidInput for a phone or number that cannot be one."""
    phones: list[str] = []
    for text in data["phones"]:
        good, bad = split_phones(text)
        if bad:
            raise refuse_field(
                "phones", _l("This is no phone number. A mobile has 11 digits."), code="phone_invalid"
            )
        phones += [phone for phone in good if phone not in phones]
    number = read_id_number(data["id_number"])
    if isinstance(number, BadIdNumber):
        raise refuse_field("id_number", _l("This identity number has a typing mistake."), code=number.code)
    return PersonDraft(data["name"], tuple(phones), number)


def me_view(actor: Actor) -> dict[str, Any]:
    """The signed-in account with its grants."""
    return {
        "user_id": actor.user_id,
        "kind": actor.kind,
        "name": actor.name,
        "roles": list(actor.roles),
        "person_id": actor.person_id,
        "staff_id": actor.staff_id,
        "grants": {
            code: {
                "everything": scope.everything,
                "communities": sorted(scope.communities),
                "buildings": sorted(scope.buildings),
                "own": scope.own,
            }
            for code, scope in sorted(actor.grants.items())
        },
    }


def founded_view(founded: FirmFounded) -> dict[str, Any]:
    """The new firm's addresses, with scheme and port of the present request."""
    root = firm_address(founded.tenant, request)
    return {
        "tenant_id": founded.tenant.id,
        "slug": founded.tenant.slug,
        "host": root.split("/")[2],
        "login_url": f"{root}login",
        "enter_url": f"{root}enter/{founded.ticket}",
    }
