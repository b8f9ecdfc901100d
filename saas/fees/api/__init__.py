"""The REST API of fees, one module for each matter."""
