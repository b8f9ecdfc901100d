"""Pages of people: sign-up, sign-in, activation, the own account, staff, roles, audit, unmasking."""
