"""Load and endurance runs; figures go to docs/benchmarks.md."""
