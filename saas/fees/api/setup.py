"""Fee items, tariffs, assignments, rules and discounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import request

from saas.fees import permissions as p
from saas.fees.models import AssignmentRule
from saas.fees.queries import setup as queries
from saas.fees.schemas import setup as s
from saas.fees.services import assignments, concessions, items, rules
from saas.fees.services.change_preview import preview_change
from saas.web.api import API_PREFIX, Blueprint, CursorArgs, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work
from tenants.unit_of_work import UnitOfWork

blp = Blueprint("fees_setup_api", __name__, url_prefix=API_PREFIX, description="What is charged and to whom")


def expected_version() -> int | None:
    """The version of `If-Match: "3"`; None when the caller does not ask."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return int(text) if text.isdigit() and len(text) < 10 else None


def _listing(page: tuple[list[Any], str | None]) -> dict[str, Any]:
    return {"items": page[0], "next_cursor": page[1]}


@blp.get("/fee-items")
@blp.arguments(CursorArgs, location="query")
@blp.response(200, listing_of(s.FeeItemSchema))
@access(p.VIEW.code)
def fee_items_list(args: dict[str, Any]) -> dict[str, Any]:
    """Fee items by priority."""
    with work(read_only=True) as uow:
        return _listing(queries.list_items(uow, actor=current_actor(), **args))


@blp.post("/fee-items")
@blp.arguments(s.FeeItemNewSchema)
@blp.response(201, s.FeeItemSchema)
@blp.alt_response(409, description="another item has this code")
@access(p.SETUP.code)
def fee_items_create(data: dict[str, Any]) -> Any:
    """A new fee item; it charges nothing until it has a tariff and assignments."""
    with work() as uow:
        return items.create_item(uow, actor=current_actor(), **data)


@blp.patch("/fee-items/<uuid:item_id>")
@blp.arguments(s.FeeItemChangeSchema)
@blp.response(200, s.FeeItemSchema)
@blp.alt_response(409, description="changed by someone else since the version in If-Match")
@access(p.SETUP.code)
def fee_items_change(data: dict[str, Any], item_id: UUID) -> Any:
    """Change an item for lines to come; send If-Match with the version you have."""
    with work() as uow:
        return items.change_item(
            uow, actor=current_actor(), item_id=item_id, values=data, version=expected_version()
        )


@blp.get("/tariffs")
@blp.arguments(s.TariffListArgs, location="query")
@blp.response(200, listing_of(s.TariffSchema))
@access(p.VIEW.code)
def tariffs_list(args: dict[str, Any]) -> dict[str, Any]:
    """Tariffs by item, oldest first."""
    with work(read_only=True) as uow:
        return _listing(queries.list_tariffs(uow, actor=current_actor(), **args))


@blp.post("/tariffs")
@blp.arguments(s.TariffNewSchema)
@blp.response(201, s.TariffSchema)
@access(p.SETUP.code)
def tariffs_set(data: dict[str, Any]) -> Any:
    """Prices from a day on; a tariff of that very day is replaced, one before it ends there."""
    with work() as uow:
        return items.set_tariff(uow, actor=current_actor(), **data)


@blp.post("/tariffs/preview")
@blp.arguments(s.TariffNewSchema)
@blp.response(200, s.ChangePreviewSchema)
@access(p.SETUP.code)
def tariffs_preview(data: dict[str, Any]) -> Any:
    """What these prices would change in the last month; nothing is written."""
    return _preview(lambda uow: items.set_tariff(uow, actor=current_actor(), **data))


@blp.post("/fee-items/<uuid:item_id>/preview")
@blp.arguments(s.FeeItemChangeSchema)
@blp.response(200, s.ChangePreviewSchema)
@access(p.SETUP.code)
def fee_items_preview(data: dict[str, Any], item_id: UUID) -> Any:
    """What these settings would change in the last month; nothing is written."""
    return _preview(lambda uow: items.change_item(uow, actor=current_actor(), item_id=item_id, values=data))


@blp.post("/assignment-rules/preview")
@blp.arguments(s.RuleNewSchema)
@blp.response(200, s.ChangePreviewSchema)
@access(p.SETUP.code)
def rules_preview(data: dict[str, Any]) -> Any:
    """What this rule would have added to the last month; nothing is written."""
    return _preview(lambda uow: rules.create_rule(uow, actor=current_actor(), **data))


@blp.delete("/tariffs/<uuid:tariff_id>")
@blp.response(204)
@access(p.SETUP.code)
def tariffs_remove(tariff_id: UUID) -> None:
    """Take a tariff away; the one before it goes on. Bills already made stay."""
    with work() as uow:
        items.remove_tariff(uow, actor=current_actor(), tariff_id=tariff_id)


@blp.get("/assignments")
@blp.arguments(s.AssignmentListArgs, location="query")
@blp.response(200, listing_of(s.AssignmentSchema))
@access(p.VIEW.code)
def assignments_list(args: dict[str, Any]) -> dict[str, Any]:
    """Assignments, in the order they were made."""
    with work(read_only=True) as uow:
        return _listing(queries.list_assignments(uow, actor=current_actor(), **args))


@blp.post("/assignments")
@blp.arguments(s.AssignmentNewSchema)
@blp.response(201, s.AssignmentSchema)
@blp.alt_response(404, description="no such room, community or item")
@blp.alt_response(409, description="the item is assigned to the object in these days")
@access(p.SETUP.code)
def assignments_create(data: dict[str, Any]) -> Any:
    """Assign an item to a room, a parking space or a contract."""
    target = assignments.Target(
        data.pop("object_kind"), data.pop("object_id"), data.pop("object_key"), data.pop("community_id"),
        data.pop("room_id"),
    )  # fmt: skip
    facts = {name: data.pop(name) for name in sorted(assignments.FACTS)}
    with work() as uow:
        return assignments.assign(uow, actor=current_actor(), target=target, facts=facts, **data)


@blp.post("/assignments/<uuid:assignment_id>/end")
@blp.arguments(s.AssignmentEndSchema)
@blp.response(200, s.AssignmentSchema)
@blp.alt_response(409, description="bills beyond this day were published")
@access(p.SETUP.code)
def assignments_end(data: dict[str, Any], assignment_id: UUID) -> Any:
    """End an assignment, or let it go on for another debtor from that day."""
    with work() as uow:
        if data["person_id"] or data["debtor_name"]:
            return assignments.change_payer(
                uow, actor=current_actor(), assignment_id=assignment_id, from_on=data["ends_on"],
                person_id=data["person_id"], debtor_name=data["debtor_name"],
            )  # fmt: skip
        return assignments.end_assignment(
            uow, actor=current_actor(), assignment_id=assignment_id, ends_on=data["ends_on"],
            reason=data["reason"], version=expected_version(),
        )  # fmt: skip


@blp.get("/assignment-rules")
@blp.arguments(CursorArgs, location="query")
@blp.response(200, listing_of(s.RuleSchema))
@access(p.VIEW.code)
def rules_list(args: dict[str, Any]) -> dict[str, Any]:
    """Rules, in the order they were made."""
    with work(read_only=True) as uow:
        found, following = queries.list_rules(uow, actor=current_actor(), **args)
        return _listing(([_rule(rule) for rule in found], following))


@blp.post("/assignment-rules")
@blp.arguments(s.RuleNewSchema)
@blp.response(201, s.RuleSchema)
@access(p.SETUP.code)
def rules_create(data: dict[str, Any]) -> dict[str, Any]:
    """Assign an item to all rooms that a selector covers; the rule keeps them right."""
    with work() as uow:
        rule, synced = rules.create_rule(uow, actor=current_actor(), **data)
        return _rule(rule, synced)


@blp.post("/assignment-rules/<uuid:rule_id>/end")
@blp.arguments(s.RuleEndSchema)
@blp.response(200, s.RuleSchema)
@access(p.SETUP.code)
def rules_end(data: dict[str, Any], rule_id: UUID) -> dict[str, Any]:
    """From a day on the rule covers nothing; what was billed beyond stays."""
    with work() as uow:
        rule, synced = rules.end_rule(uow, actor=current_actor(), rule_id=rule_id, ends_on=data["ends_on"])
        return _rule(rule, synced)


@blp.get("/discounts")
@blp.arguments(CursorArgs, location="query")
@blp.response(200, listing_of(s.DiscountSchema))
@access(p.VIEW.code)
def discounts_list(args: dict[str, Any]) -> dict[str, Any]:
    """Discounts, the newest first."""
    with work(read_only=True) as uow:
        return _listing(queries.list_discounts(uow, actor=current_actor(), **args))


@blp.post("/discounts")
@blp.arguments(s.DiscountNewSchema)
@blp.response(201, s.DiscountSchema)
@access(p.CONCEDE.code)
def discounts_request(data: dict[str, Any]) -> Any:
    """Ask for a discount; it changes nothing until it is approved."""
    with work() as uow:
        return concessions.request_discount(uow, actor=current_actor(), **data)


@blp.post("/discounts/<uuid:concession_id>/decision")
@blp.arguments(s.DiscountDecisionSchema)
@blp.response(200, s.DiscountSchema)
@blp.alt_response(409, description="decided already, or by the one who asked")
@access(p.CONCEDE_APPROVE.code)
def discounts_decide(data: dict[str, Any], concession_id: UUID) -> Any:
    """Approve or reject a discount that somebody else asked for."""
    with work() as uow:
        return concessions.decide_discount(uow, actor=current_actor(), concession_id=concession_id, **data)


def _preview(change: Callable[[UnitOfWork], object]) -> dict[str, Any]:
    with work() as uow:
        found = asdict(preview_change(uow, change))
    for difference in found["differences"]:
        for name in ("item_id", "period_from", "period_to"):
            difference[name] = str(difference[name])
    return found


def _rule(rule: AssignmentRule, synced: rules.Synced | None = None) -> dict[str, Any]:
    names = ("id", "item_id", "name", "selector", "starts_on", "ends_on", "payer", "is_split_by_share")
    done = synced or rules.Synced()
    return {name: getattr(rule, name) for name in names} | {
        "rooms": done.rooms if synced else None, "made": done.made if synced else None,
        "ended": done.ended if synced else None, "taken": done.taken,
    }  # fmt: skip
