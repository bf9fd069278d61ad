"""Person detection in images."""
