"""Do the books agree with themselves? Everything that can be computed from transfers is, and compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from tenants.unit_of_work import UnitOfWork

# Discounts and adjustments are set off against the line that they correct without a transfer: what is open is
# compared for a line together with all that corrects it.
_OPEN = """
WITH root AS (
  SELECT l.id AS line_id, COALESCE(up.corrects_id, l.corrects_id, l.id) AS root_id
  FROM bill_line l LEFT JOIN bill_line up ON up.id = l.corrects_id),
moved AS (
  SELECT t.line_id, SUM(CASE WHEN t.debit_id = a.id THEN t.minor ELSE -t.minor END) AS minor
  FROM ledger_transfer t JOIN ledger_account a ON a.key = 'receivable' AND a.id IN (t.debit_id, t.credit_id)
  GROUP BY t.line_id)
SELECT r.root_id::text, SUM(b.open_minor)::bigint, COALESCE(SUM(m.minor), 0)::bigint
FROM root r JOIN line_balance b ON b.line_id = r.line_id LEFT JOIN moved m ON m.line_id = r.line_id
GROUP BY r.root_id HAVING SUM(b.open_minor) <> COALESCE(SUM(m.minor), 0) LIMIT 100
"""
_CHECKS: dict[str, str] = {
    "open_amount": _OPEN,
    "line_without_balance": """
SELECT l.id::text, 0, 0 FROM bill_line l LEFT JOIN line_balance b ON b.line_id = l.id WHERE b.line_id IS NULL LIMIT 100
""",
    "line_state": """
SELECT line_id::text, open_minor, 0 FROM line_balance
WHERE (state = 'settled' AND open_minor <> 0) OR (state = 'open' AND open_minor = 0)
   OR (state = 'void' AND open_minor <> 0) LIMIT 100
""",
    "receivable_without_line": """
SELECT t.id::text, t.minor, 0 FROM ledger_transfer t
JOIN ledger_account a ON a.key = 'receivable' AND a.id IN (t.debit_id, t.credit_id) WHERE t.line_id IS NULL LIMIT 100
""",
    "allocation": """
SELECT p.id::text, p.allocated_minor, COALESCE(s.minor, 0)::bigint FROM payment p
LEFT JOIN (SELECT payment_id, SUM(minor) AS minor FROM payment_allocation WHERE refund_id IS NULL GROUP BY payment_id) s
  ON s.payment_id = p.id
WHERE p.allocated_minor <> COALESCE(s.minor, 0) LIMIT 100
""",
    "payment_transfers": """
SELECT p.id::text, p.amount_minor, COALESCE(s.minor, 0)::bigint FROM payment p
LEFT JOIN (SELECT cause_id, SUM(minor) AS minor FROM ledger_transfer WHERE cause = 'payment' GROUP BY cause_id) s
  ON s.cause_id = p.id
WHERE COALESCE(s.minor, 0) <> CASE WHEN p.state = 'SUCCEEDED' THEN p.amount_minor ELSE 0 END LIMIT 100
""",
    "payment_of_line": """
SELECT x.line_id::text, SUM(x.paid)::bigint, SUM(x.posted)::bigint FROM (
  SELECT line_id, SUM(minor) AS paid, 0 AS posted FROM payment_allocation GROUP BY line_id
  UNION ALL
  SELECT t.line_id, 0, SUM(CASE WHEN t.credit_id = a.id THEN t.minor ELSE -t.minor END) FROM ledger_transfer t
  JOIN ledger_account a ON a.key = 'receivable' AND a.id IN (t.debit_id, t.credit_id)
  WHERE t.cause IN ('payment', 'refund') GROUP BY t.line_id) x
GROUP BY x.line_id HAVING SUM(x.paid) <> SUM(x.posted) LIMIT 100
""",
    "refund": """
SELECT p.id::text, p.refunded_minor, COALESCE(s.minor, 0)::bigint FROM payment p
LEFT JOIN (SELECT payment_id, SUM(amount_minor) AS minor FROM refund WHERE state = 'SUCCEEDED' GROUP BY payment_id) s
  ON s.payment_id = p.id
WHERE p.refunded_minor <> COALESCE(s.minor, 0) OR p.refunded_minor > p.amount_minor LIMIT 100
""",
    "refund_account": """
SELECT a.id::text, SUM(CASE WHEN t.debit_id = a.id THEN t.minor ELSE -t.minor END)::bigint, 0
FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id) WHERE a.key = 'refund' GROUP BY a.id
HAVING SUM(CASE WHEN t.debit_id = a.id THEN t.minor ELSE -t.minor END) <> 0
""",
    "prepaid_overdrawn": """
SELECT a.id::text, SUM(CASE WHEN t.credit_id = a.id THEN t.minor ELSE -t.minor END)::bigint, 0
FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id) WHERE a.kind = 'prepaid' GROUP BY a.id
HAVING SUM(CASE WHEN t.credit_id = a.id THEN t.minor ELSE -t.minor END) < 0 LIMIT 100
""",
    "deposit": """
SELECT 'deposit', x.held::bigint, x.posted::bigint FROM (
  SELECT (SELECT COALESCE(SUM(amount_minor - deducted_minor - returned_minor), 0) FROM deposit
          WHERE state IN ('held', 'closed')) AS held,
         (SELECT COALESCE(SUM(CASE WHEN t.credit_id = a.id THEN t.minor ELSE -t.minor END), 0)
          FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id)
          WHERE a.key = 'deposit') AS posted) x
WHERE x.held <> x.posted
""",
    "snapshot": """
SELECT s.account_id::text, s.debit_minor - s.credit_minor,
  COALESCE(SUM(CASE WHEN t.debit_id = s.account_id THEN t.minor ELSE -t.minor END), 0)::bigint
FROM balance_snapshot s LEFT JOIN ledger_transfer t
  ON s.account_id IN (t.debit_id, t.credit_id) AND t.business_date < s.as_of
GROUP BY s.account_id, s.as_of, s.debit_minor, s.credit_minor
HAVING s.debit_minor - s.credit_minor
  <> COALESCE(SUM(CASE WHEN t.debit_id = s.account_id THEN t.minor ELSE -t.minor END), 0) LIMIT 100
""",
    "receipt_gap": """
SELECT b.id::text, b.next_number, COALESCE(MAX(r.number), 0) FROM receipt_book b
JOIN receipt r ON r.book_id = b.id GROUP BY b.id, b.next_number
HAVING MAX(r.number) + 1 <> b.next_number OR MAX(r.number) - MIN(r.number) + 1 <> COUNT(*)
""",
}
_TOTALS = """
SELECT COUNT(*), COALESCE(SUM(minor), 0)::bigint,
  (SELECT COALESCE(SUM(open_minor), 0)::bigint FROM line_balance) FROM ledger_transfer
"""


@dataclass(frozen=True)
class Problem:
    """Two numbers that should be equal: what is kept, and what the transfers say."""

    check: str
    subject: str
    kept: int
    computed: int


@dataclass(frozen=True)
class Books:
    """The outcome of a check. Debits and credits are equal by construction: each transfer is both."""

    transfers: int
    moved_minor: int
    receivable_minor: int
    problems: tuple[Problem, ...] = field(default=())

    @property
    def agree(self) -> bool:
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        return {
            "transfers": self.transfers, "moved_minor": self.moved_minor, "receivable_minor": self.receivable_minor,
            "checks": list(_CHECKS), "problems": [vars(problem) for problem in self.problems],
        }  # fmt: skip


def verify_books(uow: UnitOfWork) -> Books:
    """Recompute from the transfers what is open, paid, refunded, held and summed, and name what differs."""
    found = []
    for check, statement in _CHECKS.items():
        rows = uow.session.execute(text(statement)).all()
        found += [Problem(check, str(row[0]), int(row[1]), int(row[2])) for row in rows]
    transfers, moved, receivable = uow.session.execute(text(_TOTALS)).one()
    return Books(int(transfers), int(moved), int(receivable), tuple(found))
