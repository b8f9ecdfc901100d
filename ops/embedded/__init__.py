"""PostgreSQL and Valkey run by Anju itself, on a machine that has neither."""
