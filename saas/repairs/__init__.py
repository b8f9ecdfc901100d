"""Repairs: an order from the first word of a resident to the last rating."""
