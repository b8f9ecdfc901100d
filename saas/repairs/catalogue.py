"""The words an order is sorted by: categories, urgencies, sources, pause reasons, with titles and icons."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext


@dataclass(frozen=True)
class Term:
    """A code of the domain with its title for people and the icon that stands beside it."""

    code: str
    title: object
    icon: str

    def text(self) -> str:
        """The title in the language of the moment."""
        return str(self.title)


CATEGORIES: dict[str, Term] = {
    term.code: term
    for term in (
        Term("plumbing", _l("Plumbing"), "droplet"),
        Term("electrical", _l("Electrical"), "plug"),
        Term("doors_windows", _l("Doors and windows"), "door"),
        Term("elevator", _l("Lift"), "elevator"),
        Term("hvac", _l("Heating and cooling"), "temperature"),
        Term("gas", _l("Gas"), "flame"),
        Term("leak_structure", _l("Leaks and structure"), "droplets"),
        Term("intercom_network", _l("Intercom and network"), "access-point"),
        Term("fire_safety", _l("Fire safety"), "fire-extinguisher"),
        Term("public_facilities", _l("Public facilities"), "building-community"),
        Term("parking", _l("Parking"), "parking"),
        Term("cleaning", _l("Cleaning"), "wash"),
        Term("greening", _l("Greening"), "plant"),
        Term("security", _l("Security"), "shield"),
        Term("other", _l("Other"), "dots"),
    )
}

URGENCIES: dict[str, Term] = {
    term.code: term
    for term in (
        Term("emergency", _l("Emergency"), "alarm"),
        Term("urgent", lazy_pgettext("urgency", "Urgent"), "alert-triangle"),
        Term("normal", _l("Normal"), "clock"),
        Term("low", _l("Low"), "clock"),
    )
}

# The smaller, the sooner.
URGENCY_RANK: dict[str, int] = {code: rank for rank, code in enumerate(URGENCIES)}

SOURCES: dict[str, Term] = {
    term.code: term
    for term in (
        Term("resident", _l("Reported by phone app"), "device-mobile"),
        Term("code", _l("Reported by QR code"), "qrcode"),
        Term("front_desk", _l("Taken at the front desk"), "phone"),
        Term("staff", _l("Reported by staff"), "user"),
        Term("api", _l("Reported by another system"), "plug"),
    )
}

PAUSE_REASONS: dict[str, Term] = {
    term.code: term
    for term in (
        Term("parts", _l("Waiting for parts"), "package"),
        Term("absent", _l("Nobody at home"), "user-off"),
        Term("quote", _l("Waiting for the quote"), "receipt"),
        Term("weather", _l("Waiting for the weather"), "cloud-rain"),
        Term("other", _l("Another reason"), "dots"),
    )
}

DISPATCH_MODES: dict[str, Term] = {
    term.code: term
    for term in (
        Term("auto", _l("The best placed technician is asked"), "wand"),
        Term("grab", _l("Who takes it first has it"), "hand-grab"),
        Term("manual", _l("The front desk decides"), "user-check"),
    )
}


def category_title(code: str | None) -> str:
    """Title of a category; an unknown or missing one reads as 'not sorted yet'."""
    term = CATEGORIES.get(code or "")
    return term.text() if term else str(_l("Not sorted yet"))


def urgency_title(code: str | None) -> str:
    """Title of an urgency, 'Normal' where none is set."""
    return URGENCIES.get(code or "", URGENCIES["normal"]).text()
