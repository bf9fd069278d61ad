"""Runs over several cameras: the workers that decode, detect and embed, the steps, and the results on disk."""
