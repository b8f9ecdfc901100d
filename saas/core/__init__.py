"""What every slice shares: actors, permissions, errors, registries, messages, photos, paging, live topics."""
