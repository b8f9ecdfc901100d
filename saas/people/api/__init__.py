"""REST resources of people: sign-up, tokens, the own account, staff, persons, roles."""
