"""What a client wants to pay, and what the server makes of it: the lines, the amount, who gets what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Forbidden, NotFound
from saas.estate.models import Occupancy, Room
from saas.estate.queries.places import person_ids_of_room
from saas.fees import permissions as p
from saas.fees.errors import line_not_found, lines_changed, nothing_to_pay, wrong
from saas.fees.models import BillLine, LineBalance
from saas.fees.services import accounts
from saas.fees.services.accounts import AccountKey
from saas.people.models import Person
from tenants.unit_of_work import UnitOfWork

DESK_CHANNELS = ("cash", "pos", "transfer", "prepaid")


@dataclass(frozen=True)
class PrepaidOwner:
    """Whose prepaid account: a debtor (on file or by name) and a room."""

    person_id: UUID | None = None
    room_id: UUID | None = None
    debtor_name: str = ""

    @property
    def account(self) -> AccountKey:
        return accounts.prepaid(self.person_id, self.room_id, self.debtor_name)


@dataclass(frozen=True)
class PaymentIntent:
    """What the client asks for. Without `amount_minor` the chosen lines are paid whole.

    `line_ids` are paid and nothing else; without them all open lines of `room_ids`, unless `only_prepaid`.
    What is left goes to the prepaid account `rest_to` (default: the first line's debtor and room).
    `expected_minor`: the total that the cashier saw; another one is refused.
    """

    channel: str
    line_ids: tuple[UUID, ...] = ()
    room_ids: tuple[UUID, ...] = ()
    amount_minor: int | None = None
    expected_minor: int | None = None
    tendered_minor: int | None = None
    rest_to: PrepaidOwner | None = None
    only_prepaid: bool = False
    payer_id: UUID | None = None
    payer_name: str = ""
    reference: str = ""  # slip of the POS terminal, the bank's reference
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """The server's answer to an intent, kept with the attempt. `lines`: id → what was open then."""

    amount_minor: int
    lines: Mapping[UUID, int]
    is_strict: bool  # at the desk the lines must still be open for just this much
    rest_to: PrepaidOwner
    community_id: UUID | None = None
    deposit_id: UUID | None = None
    is_automatic: bool = False
    room_ids: tuple[UUID, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": [[str(line_id), minor] for line_id, minor in self.lines.items()],
            "is_strict": self.is_strict,
            "rest_to": {
                "person_id": _text(self.rest_to.person_id), "room_id": _text(self.rest_to.room_id),
                "debtor_name": self.rest_to.debtor_name,
            },
            "deposit_id": _text(self.deposit_id),
            "is_automatic": self.is_automatic,
            "rooms": [str(room_id) for room_id in self.room_ids],
        }  # fmt: skip


def plan_of(amount_minor: int, intent: Mapping[str, Any]) -> Plan:
    """The plan back from the attempt's row."""
    rest = intent.get("rest_to") or {}
    return Plan(
        amount_minor=amount_minor,
        lines={UUID(line_id): minor for line_id, minor in intent.get("lines", ())},
        is_strict=bool(intent.get("is_strict")),
        rest_to=PrepaidOwner(
            _id(rest.get("person_id")), _id(rest.get("room_id")), rest.get("debtor_name", "")
        ),
        deposit_id=_id(intent.get("deposit_id")),
        is_automatic=bool(intent.get("is_automatic")),
        room_ids=tuple(UUID(room_id) for room_id in intent.get("rooms", ())),
    )


def plan_payment(uow: UnitOfWork, *, actor: Actor, intent: PaymentIntent) -> Plan:
    """Which lines and how much, as the database has it now. Raises NotFound, Forbidden, Conflict, InvalidInput."""
    _check_fields(intent)
    rows = [] if intent.only_prepaid else _wanted_lines(uow, intent)
    for line, _open_minor in rows:
        require_may_pay(uow, actor, line, intent.channel)
    rooms = _rooms(uow, actor, intent)
    require_person(uow, "payer_id", intent.payer_id)
    require_person(uow, "rest_to", intent.rest_to.person_id if intent.rest_to else None)
    lines = {line.id: open_minor for line, open_minor in rows if open_minor > 0}
    total = sum(lines.values())
    chosen = bool(intent.line_ids)
    if chosen and len(lines) != len(set(intent.line_ids)):
        raise lines_changed()
    if intent.expected_minor is not None and intent.amount_minor is None and intent.expected_minor != total:
        raise lines_changed()
    amount = total if intent.amount_minor is None else intent.amount_minor
    if amount <= 0:
        raise nothing_to_pay()
    if intent.tendered_minor is not None and intent.tendered_minor < amount:
        raise wrong("tendered", _l("Less was handed over than is to be paid."))
    first = next((line for line, open_minor in rows if open_minor > 0), None)
    rest_to = intent.rest_to or _default_owner(uow, first, rooms)
    community = first.community_id if first else (rooms[0].community_id if rooms else None)
    return Plan(amount, lines, chosen, rest_to, community, room_ids=tuple(room.id for room in rooms))


def require_person(uow: UnitOfWork, field: str, person_id: UUID | None) -> None:
    """Raises InvalidInput when the person named is nobody on file."""
    if person_id is not None and uow.session.get(Person, person_id) is None:
        raise wrong(field, _l("There is no such person."))


def require_may_pay(uow: UnitOfWork, actor: Actor, line: BillLine, channel: str) -> None:
    """The desk within its scope; a resident through a gateway for the own debts and the own home."""
    if actor.may(p.COLLECT.code, community_id=line.community_id, building_id=line.building_id):
        return
    if channel not in DESK_CHANNELS and actor.person_id and actor.scope(p.MINE.code).own:
        if line.person_id == actor.person_id or _lives_in(uow, actor.person_id, line.room_id):
            return
        raise line_not_found()
    if actor.may(p.COLLECT.code):
        raise line_not_found()
    raise Forbidden(permission=p.COLLECT.code)


def _lives_in(uow: UnitOfWork, person_id: UUID, room_id: UUID | None) -> bool:
    wanted = select(Occupancy.id).where(
        Occupancy.room_id == room_id, Occupancy.person_id == person_id, Occupancy.ends_on.is_(None)
    )
    return room_id is not None and uow.session.scalar(wanted.limit(1)) is not None


def _check_fields(intent: PaymentIntent) -> None:
    for name in ("amount_minor", "tendered_minor"):
        value = getattr(intent, name)
        if value is not None and value <= 0:
            raise wrong(name.removesuffix("_minor"), _l("Enter an amount above zero."))
    if intent.tendered_minor is not None and intent.channel != "cash":
        raise wrong("tendered", _l("Only cash gives change."))
    if intent.only_prepaid and (intent.amount_minor is None or intent.channel == "prepaid"):
        raise wrong("amount", _l("Say how much to put into the prepaid account."))
    if not intent.line_ids and not intent.room_ids and not (intent.only_prepaid and intent.rest_to):
        raise wrong("lines", _l("Choose bills or a room."))


def _wanted_lines(uow: UnitOfWork, intent: PaymentIntent) -> list[tuple[BillLine, int]]:
    wanted = (
        select(BillLine, LineBalance.open_minor, LineBalance.state)
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .order_by(LineBalance.due_on, LineBalance.priority, BillLine.id)
    )
    if intent.line_ids:
        wanted = wanted.where(BillLine.id.in_(intent.line_ids))
    else:
        wanted = wanted.where(LineBalance.room_id.in_(intent.room_ids), LineBalance.state == "open")
    rows = uow.session.execute(wanted).all()
    if intent.line_ids and len(rows) != len(set(intent.line_ids)):
        raise line_not_found()
    return [(line, open_minor if state == "open" else 0) for line, open_minor, state in rows]


def _rooms(uow: UnitOfWork, actor: Actor, intent: PaymentIntent) -> list[Room]:
    ids: Iterable[UUID] = intent.room_ids
    if intent.rest_to and intent.rest_to.room_id:
        ids = (*ids, intent.rest_to.room_id)
    found = {room.id: room for room in uow.session.scalars(select(Room).where(Room.id.in_(list(ids))))}
    for each in ids:
        room = found.get(each)
        if room is None or not _covers(uow, actor, room, intent.channel):
            raise NotFound()
    return [found[each] for each in dict.fromkeys(ids)]


def _covers(uow: UnitOfWork, actor: Actor, room: Room, channel: str) -> bool:
    if actor.may(p.COLLECT.code, community_id=room.community_id, building_id=room.building_id):
        return True
    if not actor.may(p.COLLECT.code) and channel in DESK_CHANNELS:
        raise Forbidden(permission=p.COLLECT.code)
    return bool(actor.person_id) and actor.scope(p.MINE.code).own and _lives_in(uow, actor.person_id, room.id)  # type: ignore[arg-type]


def _default_owner(uow: UnitOfWork, first: BillLine | None, rooms: list[Room]) -> PrepaidOwner:
    if first is not None:
        return PrepaidOwner(first.person_id, first.room_id, first.debtor_name)
    if not rooms:
        raise wrong("rest_to", _l("Say whose prepaid account it is."))
    people = person_ids_of_room(uow, rooms[0].id)
    if not people:
        return PrepaidOwner(None, rooms[0].id, rooms[0].key)
    person = uow.session.get(Person, people[0])
    return PrepaidOwner(people[0], rooms[0].id, person.name if person else "")


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value else None
