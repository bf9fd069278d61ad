"""Networks as files have them: weights with their preprocessing and distances, and networks from elsewhere."""
