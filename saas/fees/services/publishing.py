"""Publication: lines, parts, balances and transfers from drafts, in one transaction. Killed anywhere, it did nothing;
run again, in parallel or twice, it adds nothing that is there already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from saas.estate.models import Community
from saas.fees.models import BillDraft, BillLine, BillRun, FeeItem
from saas.fees.services import accounts
from saas.fees.services.accounts import account_ids
from saas.fees.services.ledger import closed_before
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork

CHUNK = 20_000  # drafts a statement: none runs into the time limit of statements

_LINE = (
    "id, run_id, kind, sequence, assignment_id, item_id, object_kind, object_id, object_key, community_id,"
    " building_id, room_id, person_id, debtor_name, period_from, period_to, issue_on, due_on, amount_minor,"
    " tax_rate, priority, corrects_id, concession_id, reason, explanation"
)
_DRAFTS = "d.run_id = :run AND d.position > :first AND d.position <= :last AND d.error IS NULL"
# A charge whose days another run or a changed cycle has billed meanwhile.
_NOT_BILLED = (
    " AND NOT (d.kind = 'charge' AND EXISTS (SELECT FROM bill_line l JOIN line_balance b ON b.line_id = l.id"
    " WHERE l.assignment_id = d.assignment_id AND l.kind = 'charge' AND b.state <> 'void'"
    " AND l.period_from < d.period_to AND l.period_to > d.period_from))"
)
# A discount goes with its charge, and only if that one was published here and now.
_WITH_CHARGE = " AND (d.kind <> 'discount' OR EXISTS (SELECT FROM bill_line c WHERE c.id = d.corrects_id))"
_LINES = (
    f"INSERT INTO bill_line ({_LINE}, issued_at, issued_by) SELECT {_LINE}, :now, :actor FROM bill_draft d"
    f" WHERE {_DRAFTS}{{only}}{{unless}} ORDER BY d.position ON CONFLICT DO NOTHING"
)
_PUBLISHED = " AND EXISTS (SELECT FROM bill_line l WHERE l.id = d.id)"
_PARTS = (
    "INSERT INTO bill_line_part (line_id, position, label, quantity, unit, price, starts_on, ends_on, months, detail,"
    " amount_minor) SELECT d.id, (p->>0)::smallint, p->>1, p->>2, p->>3, p->>4, (p->>5)::date, (p->>6)::date,"
    f" p->>7, p->8, (p->>9)::bigint FROM bill_draft d, jsonb_array_elements(d.parts) AS p WHERE {_DRAFTS}{{published}}"
)
_BALANCES = (
    "INSERT INTO line_balance (line_id, community_id, room_id, person_id, item_id, due_on, priority, amount_minor,"
    " open_minor, state, is_disputed, void_reason, changed_at)"
    " SELECT d.id, d.community_id, d.room_id, d.person_id, d.item_id, d.due_on, d.priority, d.amount_minor,"
    " o.minor, CASE WHEN o.minor = 0 THEN 'settled' ELSE 'open' END, false, '', :now"
    f" FROM bill_draft d CROSS JOIN LATERAL (SELECT {{open}} AS minor) o WHERE {_DRAFTS}{{published}}"
)
# What a discount takes off is set off against its charge at once; its own balance is settled from the start.
_OPEN_WITH_DISCOUNTS = (
    "CASE WHEN d.kind = 'discount' THEN 0 ELSE d.amount_minor + COALESCE((SELECT sum(x.amount_minor) FROM bill_line x"
    " WHERE x.corrects_id = d.id AND x.kind = 'discount'), 0)::bigint END"
)
_TRANSFERS = (
    "INSERT INTO ledger_transfer (id, debit_id, credit_id, minor, cause, cause_id, leg, business_date, posted_at, line_id,"
    " community_id, room_id, person_id, item_id, actor_id)"
    " SELECT d.id, CASE WHEN d.amount_minor > 0 THEN :receivable ELSE a.id END,"
    " CASE WHEN d.amount_minor > 0 THEN a.id ELSE :receivable END, abs(d.amount_minor), 'bill', d.id, 0,"
    " GREATEST(d.issue_on, :open_from), :now, d.id, d.community_id, d.room_id, d.person_id, d.item_id, :actor"
    " FROM bill_draft d JOIN ledger_account a ON a.key = CASE WHEN d.kind = 'discount' THEN 'discount'"
    f" ELSE 'income:' || d.item_id END WHERE d.amount_minor <> 0 AND {_DRAFTS}{{published}}"
)


def publish_drafts(
    uow: UnitOfWork, run: BillRun, actor_id: UUID | None, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Write everything of a run whose row is locked; answers {"lines", "amount_minor", "left_out"}.

    `check` is called between statements and may raise: then nothing was published.
    """
    _hold_communities(uow, run)
    _open_accounts(uow, run)
    facts = _facts(uow, run, actor_id)
    last = uow.session.scalar(select(func.max(BillDraft.position)).where(BillDraft.run_id == run.id)) or 0
    ranges = [(first, first + CHUNK) for first in range(0, last, CHUNK)]
    discounted = _any_discount(uow, run)
    unless = _NOT_BILLED if _others_published(uow, run) else ""
    written = 0
    for only in (" AND d.kind <> 'discount'", " AND d.kind = 'discount'" + _WITH_CHARGE)[: 1 + discounted]:
        for first, until in ranges:
            statement = _LINES.format(only=only, unless=unless)
            written += _run(uow, statement, facts, first, until)
            check()
    drafts = _publishable(uow, run)
    published = "" if written == drafts else _PUBLISHED
    opened = _OPEN_WITH_DISCOUNTS if discounted else "d.amount_minor"
    for first, until in ranges:
        _run(uow, _PARTS.format(published=published), facts, first, until)
        _run(uow, _BALANCES.format(published=published, open=opened), facts, first, until)
        _run(uow, _TRANSFERS.format(published=published), facts, first, until)
        check()
    amount = uow.session.scalar(
        select(func.coalesce(func.sum(BillLine.amount_minor), 0)).where(BillLine.run_id == run.id)
    )
    return {"lines": written, "amount_minor": int(amount or 0), "left_out": drafts - written}


def _run(uow: UnitOfWork, statement: str, facts: dict[str, Any], first: int, last: int) -> int:
    result: Any = uow.session.execute(text(statement), facts | {"first": first, "last": last})
    return int(result.rowcount)


def _facts(uow: UnitOfWork, run: BillRun, actor_id: UUID | None) -> dict[str, Any]:
    now: datetime = utcnow()
    receivable = account_ids(uow, [accounts.RECEIVABLE])[accounts.RECEIVABLE]
    return {
        "run": run.id, "now": now, "actor": actor_id, "receivable": receivable,
        "open_from": closed_before(uow) or date(1900, 1, 1),
    }  # fmt: skip


def _hold_communities(uow: UnitOfWork, run: BillRun) -> None:
    """Publications of one community come one after the other, so that what they look at stays true."""
    statement = select(Community.id).order_by(Community.id).with_for_update(key_share=True)
    if run.community_id is not None:
        statement = statement.where(Community.id == run.community_id)
    uow.session.execute(statement).all()


def _open_accounts(uow: UnitOfWork, run: BillRun) -> None:
    used = select(FeeItem.id).where(
        FeeItem.id.in_(select(BillDraft.item_id).where(BillDraft.run_id == run.id).distinct())
    )
    keys = [accounts.income(item_id) for item_id in uow.session.scalars(used)]
    account_ids(uow, [*keys, accounts.DISCOUNT, accounts.RECEIVABLE])


def _any_discount(uow: UnitOfWork, run: BillRun) -> bool:
    wanted = select(BillDraft.id).where(BillDraft.run_id == run.id, BillDraft.kind == "discount").limit(1)
    return uow.session.scalar(wanted) is not None


def _others_published(uow: UnitOfWork, run: BillRun) -> bool:
    """Whether another run was published since this one was asked for: only then can its days be billed already."""
    wanted = select(BillRun.id).where(BillRun.id != run.id, BillRun.published_at >= run.created_at).limit(1)
    return uow.session.scalar(wanted) is not None


def _publishable(uow: UnitOfWork, run: BillRun) -> int:
    wanted = select(func.count()).where(BillDraft.run_id == run.id, BillDraft.error.is_(None))
    return int(uow.session.scalar(wanted) or 0)
