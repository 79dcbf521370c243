"""Side-by-side benchmarks: ratios of one run on one machine, one JSON line per figure."""
