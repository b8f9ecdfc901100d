"""Payments, refunds, deposits, the ledger behind them."""
