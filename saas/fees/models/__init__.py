"""Tables of fees, one module for each part; the README says who writes what."""

from saas.fees.models.bills import BillDraft, BillLine, BillLinePart, BillRun, LineBalance
from saas.fees.models.dunning import DunningCase
from saas.fees.models.ledger import BalanceSnapshot, LedgerAccount, LedgerClose, LedgerTransfer
from saas.fees.models.meters import FeeImport, Meter, Reading
from saas.fees.models.payments import Deposit, Payment, PaymentAllocation, Receipt, ReceiptBook, Refund
from saas.fees.models.setup import AssignmentRule, Concession, FeeAssignment, FeeItem, PoolCost, Tariff

__all__ = [
    "AssignmentRule",
    "BalanceSnapshot",
    "BillDraft",
    "BillLine",
    "BillLinePart",
    "BillRun",
    "Concession",
    "Deposit",
    "DunningCase",
    "FeeAssignment",
    "FeeImport",
    "FeeItem",
    "LedgerAccount",
    "LedgerClose",
    "LedgerTransfer",
    "LineBalance",
    "Meter",
    "Payment",
    "PaymentAllocation",
    "PoolCost",
    "Reading",
    "Receipt",
    "ReceiptBook",
    "Refund",
    "Tariff",
]
