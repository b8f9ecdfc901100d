"""Lines under lock: whoever changes what is open of a line holds its row of `line_balance`, in the order of ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from saas.fees.errors import line_not_found
from saas.fees.models import BillLine, LineBalance
from saas.fees.services import accounts
from saas.fees.services.accounts import AccountKey
from saas.fees.services.allocation import OpenLine
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class HeldLine:
    """A line whose balance is locked by this transaction."""

    line: BillLine
    balance: LineBalance

    @property
    def id(self) -> UUID:
        return self.line.id

    @property
    def open_minor(self) -> int:
        """What is owed now; nothing of a void line."""
        return self.balance.open_minor if self.balance.state == "open" else 0

    @property
    def prepaid(self) -> AccountKey:
        """The prepaid account of the line's debtor and room."""
        return accounts.prepaid(self.line.person_id, self.line.room_id, self.line.debtor_name)

    def as_open(self) -> OpenLine:
        """What allocation needs to know."""
        return OpenLine(
            self.id, self.balance.due_on, self.balance.priority, self.line.kind == "late_fee", self.open_minor
        )

    def change(self, minor: int) -> None:
        """Raise or lower what is open. The caller posts the transfer that explains it."""
        self.balance.open_minor += minor
        self.balance.state = "open" if self.balance.open_minor else "settled"
        self.balance.changed_at = utcnow()


def hold_lines(uow: UnitOfWork, line_ids: Iterable[UUID]) -> dict[UUID, HeldLine]:
    """Lock lines and read them as they are once the lock is held. Raises NotFound when one is unknown."""
    ids = set(line_ids)
    if not ids:
        return {}
    wanted = (
        select(LineBalance, BillLine)
        .join(BillLine, BillLine.id == LineBalance.line_id)
        .where(LineBalance.line_id.in_(ids))
        .order_by(LineBalance.line_id)
        .with_for_update(of=LineBalance)
        .execution_options(populate_existing=True)
    )
    found = {line.id: HeldLine(line, balance) for balance, line in uow.session.execute(wanted)}
    if len(found) != len(ids):
        raise line_not_found()
    return found


def open_line_ids(
    uow: UnitOfWork, *, room_ids: Iterable[UUID] = (), person_id: UUID | None = None
) -> list[UUID]:
    """The open lines of rooms, or of a debtor wherever they are."""
    rooms = list(room_ids)
    found: list[ColumnElement[bool]] = [LineBalance.room_id.in_(rooms)] if rooms else []
    if person_id is not None:
        found.append(LineBalance.person_id == person_id)
    if not found:
        return []
    wanted = select(LineBalance.line_id).where(or_(*found), LineBalance.state == "open")
    return list(uow.session.scalars(wanted.order_by(LineBalance.line_id)))
