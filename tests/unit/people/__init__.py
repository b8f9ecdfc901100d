"""Tests of people's plain rules."""
