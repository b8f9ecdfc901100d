"""What the API of fees takes and gives."""
