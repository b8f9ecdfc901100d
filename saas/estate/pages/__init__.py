"""Pages of estate: communities, rooms, imports, labels."""
