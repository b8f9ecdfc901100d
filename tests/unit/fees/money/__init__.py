"""Arithmetic of money in and out."""
