"""What must never be possible: reaching another tenant, or more than one's own grants."""
