"""The kernel: who is the tenant, which schema and role, one transaction and what every transaction needs."""
