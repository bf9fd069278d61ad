"""Network files: weights with their preprocessing and thresholds, and external networks."""
