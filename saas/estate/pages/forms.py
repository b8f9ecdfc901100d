"""Form fields as values; what cannot be read is said at its field."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from saas.estate.errors import wrong
from saas.estate.importing.cells import as_area
from saas.estate.queries.rooms import RoomRow
from saas.estate.services.occupancies import parse_share
from saas.people.phones import split_phones
from saas.people.services.persons import PersonDraft
from tenants.ids import InvalidId, parse_id

Form = Mapping[str, str]


def id_of(text: str | None) -> UUID | None:
    """An id from an address; None when it is none."""
    try:
        return parse_id(text) if text else None
    except InvalidId:
        return None


def date_of(form: Form, name: str) -> date | None:
    """A date field; None when empty."""
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise wrong(name, _l("Write the date as 2026-11-23.")) from error


def area_of(form: Form, name: str) -> Decimal | None:
    """Square metres; None when empty."""
    try:
        return as_area(form.get(name, ""))[0]
    except ValueError as error:
        raise wrong(name, _l("Write square metres, such as 89.47.")) from error


def _number(form: Form, name: str, kind: type[Any], low: float, high: float) -> Any:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        value = kind(text)
    except ValueError as error:
        raise wrong(name, _l("Write a number.")) from error
    if not low <= value <= high:
        raise wrong(name, _l("This number cannot be right."))
    return value


def building_form(form: Form) -> dict[str, Any]:
    """A building."""
    return {"key": form.get("key", ""), "name": form.get("name", "").strip()}


def room_form(form: Form, *, new: bool = True) -> dict[str, Any]:
    """A room; its number and place only when it is new."""
    values: dict[str, Any] = {
        "kind": form.get("kind", "residential"),
        "status": form.get("status", "unknown"),
        "built_area": area_of(form, "built_area"),
        "inner_area": area_of(form, "inner_area"),
        "handover_on": date_of(form, "handover_on"),
        "note": form.get("note", "").strip()[:500],
    }
    if new:
        place = {"unit": form.get("unit", ""), "number": form.get("number", "")}
        values |= {**place, "floor": _number(form, "floor", int, -20, 300)}
    return values


def room_values(room: RoomRow) -> dict[str, Any]:
    """A room as its form shows it."""
    return {
        "kind": room.kind, "status": room.status, "built_area": room.built_area, "inner_area": room.inner_area,
        "handover_on": room.handover_on.isoformat() if room.handover_on else "", "note": room.note,
        "version": room.version,
    }  # fmt: skip


def occupancy_form(form: Form) -> dict[str, Any]:
    """A person and what they are to the room."""
    phones, broken = split_phones(form.get("phones", ""))
    if broken:
        raise wrong("phones", _l("This is no phone number. A mobile has 11 digits."))
    name = form.get("name", "").strip()
    return {
        "role": form.get("role", ""),
        "person": PersonDraft(name[:60], tuple(phones)) if name else None,
        "share": parse_share(form.get("share")),
        "starts_on": date_of(form, "starts_on"),
    }


def community_form(form: Form) -> dict[str, Any]:
    """A community with one span of working hours for the ticked weekdays, and its holidays."""
    days = {int(day) for day in getattr(form, "getlist", lambda _name: [])("days") if day.isdecimal()}
    span = [[_hour(form, "opens", "08:30"), _hour(form, "shuts", "18:00")]]
    if span[0][0] >= span[0][1]:
        raise wrong("shuts", _l("The end must be later than the beginning."))
    return {
        "name": form.get("name", ""),
        "address": form.get("address", "").strip()[:200],
        "phone": form.get("phone", "").strip()[:40],
        "lat": _number(form, "lat", float, -90, 90),
        "lng": _number(form, "lng", float, -180, 180),
        "calendar": {
            "week": [span if day in days else [] for day in range(7)],
            "exceptions": _holidays(form),
        },
    }


def _hour(form: Form, name: str, default: str) -> str:
    try:
        return time.fromisoformat(form.get(name, "").strip() or default).strftime("%H:%M")
    except ValueError as error:
        raise wrong(name, _l("Write the time as 08:30.")) from error


def _holidays(form: Form) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for text in form.get("holidays", "").replace(",", " ").replace(",", " ").split():
        try:
            found[date.fromisoformat(text).isoformat()] = []
        except ValueError as error:
            raise wrong("holidays", _l("Write the dates as 2026-10-01, one per line.")) from error
    return found
