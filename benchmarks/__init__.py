"""Speed as ratios of two things measured in one run: `python -m benchmarks` (see README.md)."""
