"""Accounts, staff, residents, roles and sign-in of one tenant."""
