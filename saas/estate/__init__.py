"""Estate: communities, buildings, units, rooms, who lives there, and the import of the firm's own lists."""
