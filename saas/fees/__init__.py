"""Fees: from tariff to a ledger that balances."""
