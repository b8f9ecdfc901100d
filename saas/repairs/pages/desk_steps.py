"""What the front desk does with an order: every form of sheet and page ends here, one service call each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, InvalidInput
from saas.people.phones import display_phone
from saas.people.queries import search_people
from saas.people.reveal_reasons import REASONS
from saas.repairs import services
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.desk_filters import id_of
from saas.repairs.pages.desk_order import in_sheet, order_page
from saas.repairs.permissions import CANCEL, CLOSE, DISPATCH, REGISTER, REOPEN, TRIAGE
from saas.web.auth import access, current_actor
from saas.web.render import say
from saas.web.work import work
from tenants.unit_of_work import UnitOfWork

Step = Callable[[UnitOfWork], Any]


@blueprint.post("/repairs/<uuid:order_id>/classify")
@access(TRIAGE.code)
def order_classify(order_id: UUID) -> Response:
    """Confirm or correct category and urgency."""
    form = request.form
    return _do(
        order_id, _("Sorted."), "classify",
        lambda uow: services.correct_classification(
            uow, actor=current_actor(), order_id=order_id, category=form.get("category") or None,
            urgency=form.get("urgency") or None, version=_version(),
        ),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/dispatch")
@access(DISPATCH.code)
def order_dispatch(order_id: UUID) -> Response:
    """Send it to one technician, or let all of them grab it."""
    staff, mode = id_of(request.form.get("staff")), request.form.get("mode")
    return _do(
        order_id, _("Sent out."), "",
        lambda uow: services.dispatch_order(
            uow, actor=current_actor(), order_id=order_id, staff_id=staff,
            mode=mode if mode in ("grab", "auto") else None, version=_version(),
        ),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/withdraw")
@access(DISPATCH.code)
def order_withdraw(order_id: UUID) -> Response:
    """Take an order back from those asked, or from its technician."""
    return _do(
        order_id, _("Taken back."), "withdraw",
        lambda uow: services.return_order(
            uow, actor=current_actor(), order_id=order_id, note=_note(), version=_version()
        ),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/resume")
@access(DISPATCH.code)
def order_resume(order_id: UUID) -> Response:
    """What the pause waited for is there."""
    step = services.Step(to="working", version=_version())
    return _do(
        order_id, _("Work goes on."), "",
        lambda uow: services.take_step(uow, actor=current_actor(), order_id=order_id, step=step),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/cancel")
@access(CANCEL.code)
def order_cancel(order_id: UUID) -> Response:
    """No repair is needed any more."""
    return _do(
        order_id, _("Cancelled."), "cancel",
        lambda uow: services.cancel_order(
            uow, actor=current_actor(), order_id=order_id, note=_note(), version=_version()
        ),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/reopen")
@access(REOPEN.code)
def order_reopen(order_id: UUID) -> Response:
    """It is not repaired after all."""
    return _do(
        order_id, _("Reopened."), "reopen",
        lambda uow: services.reopen_order(
            uow, actor=current_actor(), order_id=order_id, note=_note(), version=_version()
        ),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/close")
@access(CLOSE.code)
def order_close(order_id: UUID) -> Response:
    """Nothing more to do."""
    return _do(
        order_id, _("Closed."), "",
        lambda uow: services.close_order(uow, actor=current_actor(), order_id=order_id, version=_version()),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/call-back")
@access(CLOSE.code)
def order_call_back(order_id: UUID) -> Response:
    """The resident who was not content has been called."""
    return _do(
        order_id, _("Noted."), "call_back",
        lambda uow: services.call_back(uow, actor=current_actor(), order_id=order_id, note=_note()),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/more")
@access(REGISTER.code)
def order_more(order_id: UUID) -> Response:
    """Somebody else calls with the same fault: found by phone or name, and told of each step from now on."""
    actor, person_id, who = current_actor(), id_of(request.form.get("person")), request.form.get("who", "")
    if person_id is None:
        with work(read_only=True) as uow:
            found = search_people(uow, actor, who[:60], limit=6)
        if len(found) != 1:
            return order_page(order_id, ask="join", form=request.form, found=found, errors=_who_errors(found))
        person_id = found[0].id
    return _do(
        order_id, _("Noted, they hear of each step."), "join",
        lambda uow: services.join_order(
            uow, actor=actor, order_id=order_id, person_id=person_id, words=request.form.get("words", "")[:500]
        ),
    )  # fmt: skip


@blueprint.post("/repairs/<uuid:order_id>/join/<uuid:other_id>")
@access(CANCEL.code)
def order_merge(order_id: UUID, other_id: UUID) -> Response:
    """The same fault is already an order: its reporter follows that one, and this one is cancelled."""
    actor = current_actor()

    def merge(uow: UnitOfWork) -> None:
        services.merge_orders(uow, actor=actor, order_id=order_id, into_id=other_id, version=_version())

    return _do(
        order_id, _("Joined. The reporter hears of the other order from now on."), "", merge, shown=other_id
    )


@blueprint.post("/repairs/<uuid:order_id>/phone")
@access(DISPATCH.code)
def order_phone(order_id: UUID) -> Response:
    """Show the whole number to somebody who says why; the look is recorded."""
    reason = request.form.get("reason", "")
    try:
        if reason not in REASONS:
            raise InvalidInput(fields={"reason": [_l("Choose why you need this.")]})
        with work() as uow:
            phone = services.reveal_contact(uow, actor=current_actor(), order_id=order_id, reason=reason)
    except DomainError as error:
        return order_page(order_id, error=error, ask="phone")
    return order_page(order_id, ask="phone", revealed=(display_phone(phone), phone))


def _do(order_id: UUID, done: str, ask: str, step: Step, shown: UUID | None = None) -> Response:
    """Take the step; the fresh order answers, with what went wrong on top and what was typed kept."""
    try:
        with work() as uow:
            step(uow)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return order_page(order_id, error=error, ask=ask if error.fields else "", form=request.form)
    if not in_sheet():
        say(done)
        return redirect(url_for("repairs.order", order_id=shown or order_id))
    answer = order_page(shown or order_id, ask="", done=done)
    answer.headers["HX-Trigger"] = "live:repairs.board"
    return answer


def _version() -> int | None:
    return request.form.get("version", type=int)


def _note() -> str:
    return request.form.get("note", "").strip()[:500]


def _who_errors(found: list[Any]) -> dict[str, list[str]]:
    if found:
        return {"who": [_("Several people fit. Choose the right one.")]}
    return {"who": [_("Nobody fits. Try the phone number, its last four digits or the name.")]}
