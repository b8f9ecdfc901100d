"""The figures of performance: `python -m ops.load.bench` measures, always as ratios inside one run."""
