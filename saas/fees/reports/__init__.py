"""Reports: derived from ledger transfers, so that their totals equal balances of accounts to the cent."""
