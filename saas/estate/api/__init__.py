"""REST of estate: communities, buildings, rooms, occupancies, imports."""
