"""Settings of repairs: promised minutes per category and urgency, how orders go out, the house rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, InvalidInput, NotFound
from saas.repairs import preferences as pref
from saas.repairs import services
from saas.repairs.catalogue import CATEGORIES, DISPATCH_MODES, PAUSE_REASONS, URGENCIES
from saas.repairs.levels import Level
from saas.repairs.pages import desk_words as words
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.permissions import LEVELS
from saas.repairs.queries.calendars import all_levels
from saas.repairs.services.house_rules import NUMBERS, SWITCHES, house_rules, set_house_rules
from saas.web.auth import access, current_actor
from saas.web.render import page, say
from saas.web.work import work
from tenants.preferences import declarations

DUES = ("respond", "arrive", "finish")


@blueprint.get("/repairs/levels")
@access(LEVELS.code)
def levels() -> Response:
    """The whole table on one page, with the house rules beside it."""
    return _levels_page()


@blueprint.post("/repairs/levels")
@access(LEVELS.code)
def levels_rules() -> Response:
    """Save the house rules."""
    form = request.form
    values: dict[str, Any] = {name: form.get(_field(name), type=int) for name in NUMBERS}
    values |= {name: _field(name) in form for name in SWITCHES}
    values[pref.CLOCK_STOPS_FOR] = [code for code in PAUSE_REASONS if code in form.getlist("clock_stops_for")]
    try:
        with work() as uow:
            changed = set_house_rules(uow, actor=current_actor(), values=values)
    except DomainError as error:
        if not error.fields:
            raise
        return _levels_page(
            values=values, errors={_field(name): said for name, said in error.fields.items()}, status=422
        )
    say(_("Saved.") if changed else _("Nothing was changed."))
    return redirect(url_for("repairs.levels"))


@blueprint.get("/repairs/levels/<category>")
@access(LEVELS.code)
def level_edit(category: str) -> Response:
    """One category: its minutes at each urgency and how its orders go out."""
    return _edit_page(category)


@blueprint.post("/repairs/levels/<category>")
@access(LEVELS.code)
def level_save(category: str) -> Response:
    """Save one category; orders that come in from now on are measured by it."""
    if category not in CATEGORIES:
        raise NotFound()
    actor, form = current_actor(), request.form
    try:
        wanted = [_level(category, urgency, form) for urgency in URGENCIES]
        with work() as uow:
            services.set_mode(uow, actor=actor, category=category, mode=form.get("mode", ""))
            known = {(each.category, each.urgency): each for each in all_levels(uow)}
            for each in wanted:
                if known[each.category, each.urgency] != each:
                    services.set_level(uow, actor=actor, level=each)
    except DomainError as error:
        if not error.fields:
            raise
        return _edit_page(
            category, form=form, message=next(iter(error.fields.values()))[0], status=error.status
        )
    say(_("Saved. It counts for orders that come in from now on."))
    answer = redirect(url_for("repairs.levels"))
    if request.headers.get("HX-Request"):
        answer = Response(status=204, headers={"HX-Redirect": url_for("repairs.levels")})
    return answer


def _levels_page(
    *, values: Mapping[str, Any] | None = None, errors: Mapping[str, Any] | None = None, status: int = 200
) -> Response:
    with work(read_only=True) as uow:
        table = {(each.category, each.urgency): each for each in all_levels(uow)}
        modes = {category: pref.dispatch_mode(uow, category) for category in CATEGORIES}
        rules = values or house_rules(uow)
    helps = {entry.name: entry.help for entry in declarations()}
    return page(
        "repairs/desk/levels.html", status, table=table, modes=modes, rules=rules, numbers=NUMBERS, switches=SWITCHES,
        helps=helps, field=_field, errors=errors or {}, categories=CATEGORIES, urgencies=URGENCIES,
        mode_terms=DISPATCH_MODES, pause_reasons=PAUSE_REASONS, stops=rules[pref.CLOCK_STOPS_FOR], words=words,
    )  # fmt: skip


def _edit_page(category: str, *, form: Any = None, message: Any = None, status: int = 200) -> Response:
    if category not in CATEGORIES:
        raise NotFound()
    with work(read_only=True) as uow:
        shown = [each for each in all_levels(uow) if each.category == category]
        mode = pref.dispatch_mode(uow, category)
    return page(
        "repairs/desk/level.html", status, term=CATEGORIES[category], shown=shown, mode=mode, form=form, dues=DUES,
        message=message, urgencies=URGENCIES, words=words, modes=[(code, each.text()) for code, each in DISPATCH_MODES.items()],
    )  # fmt: skip


def _level(category: str, urgency: str, form: Any) -> Level:
    respond, arrive, finish = (form.get(f"{urgency}_{due}", type=int) for due in DUES)
    if respond is None or arrive is None or finish is None:
        raise InvalidInput(fields={"finish": [_("Write the minutes as whole numbers.")]})
    return Level(category, urgency, respond, arrive, finish, round_the_clock=f"{urgency}_round" in form)


def _field(name: str) -> str:
    return name.removeprefix("repairs.")
