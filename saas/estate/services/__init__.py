"""What may be done with places, occupancies, labels and imports."""
