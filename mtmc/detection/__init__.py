"""People found in images."""
