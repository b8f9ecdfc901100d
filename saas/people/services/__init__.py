"""What may be done with accounts, sessions, roles, staff and persons."""
