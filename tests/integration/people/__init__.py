"""Tests of people on a real database."""
