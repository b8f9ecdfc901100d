"""What a change would do: a period worked out before and after it, and the change taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from saas.fees.models import BillRun
from saas.fees.pricing.periods import add_months
from saas.fees.queries import billing
from saas.fees.services.draft_lines import Drafter
from saas.fees.services.drafting import BATCH, share_groups
from saas.fees.services.pricing_batch import Pricer, items_with_tariffs
from tenants.clock import business_date
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

MOST_SHOWN = 200
Key = tuple[UUID, str, date, date, str]


@dataclass(frozen=True)
class Difference:
    """One object, item and service period; None: not charged, or it cannot be worked out."""

    item_id: UUID
    object_key: str
    period_from: date
    period_to: date
    debtor_name: str
    before_minor: int | None
    after_minor: int | None


@dataclass
class ChangePreview:
    """Totals of the period before and after, how many lines differ, and the first of them."""

    period_from: date
    period_to: date
    before_minor: int = 0
    after_minor: int = 0
    lines_before: int = 0
    lines_after: int = 0
    changed: int = 0
    differences: list[Difference] = field(default_factory=list)


def preview_change(
    uow: UnitOfWork,
    change: Callable[[UnitOfWork], object],
    *,
    community_id: UUID | None = None,
    period: tuple[date, date] | None = None,
) -> ChangePreview:
    """Work out a period (default: last month) with and without `change`, which is undone whatever happens."""
    start, end = period or _last_month(uow)
    before = _amounts(uow, start, end, community_id)
    point = uow.savepoint()
    try:
        change(uow)
        uow.session.flush()
        after = _amounts(uow, start, end, community_id)
    finally:
        point.rollback()
        uow.session.expire_all()
    return _compared(ChangePreview(start, end), before, after)


def _last_month(uow: UnitOfWork) -> tuple[date, date]:
    this = business_date(uow.tenant.time_zone).replace(day=1)
    return add_months(this, -1), this


def _amounts(uow: UnitOfWork, start: date, end: date, community_id: UUID | None) -> dict[Key, int | None]:
    run = BillRun(
        id=new_id(), community_id=community_id, period_from=start, period_to=end, item_ids=[], mode="period",
        issue_on=None,
    )  # fmt: skip
    items = items_with_tariffs(uow, billing.items_of_run(uow, run))
    drafter = Drafter(run, Pricer(items), (), 1)
    found: dict[Key, int | None] = {}
    after: UUID | None = None
    while sources := billing.assignment_batch(uow, run, list(items), after, BATCH):
        for source, period, minor in drafter.amounts(uow, sources, share_groups(uow, sources)):
            debtor = f"{source.debtor_name}" if source.group_id else ""
            key = (source.item_id, source.object_key, period.start, period.end, debtor)
            found[key] = minor
        after = sources[-1].id
    return found


def _compared(
    preview: ChangePreview, before: dict[Key, int | None], after: dict[Key, int | None]
) -> ChangePreview:
    preview.before_minor = sum(minor or 0 for minor in before.values())
    preview.after_minor = sum(minor or 0 for minor in after.values())
    preview.lines_before, preview.lines_after = len(before), len(after)
    for key in sorted({*before, *after}, key=lambda key: (str(key[0]), *key[1:])):
        old, new = before.get(key), after.get(key)
        if old != new:
            preview.changed += 1
            if len(preview.differences) < MOST_SHOWN:
                preview.differences.append(Difference(*key[:4], key[4], old, new))
    return preview
