"""Non-overlapping cameras: track each alone, then link the tracklets into people."""
