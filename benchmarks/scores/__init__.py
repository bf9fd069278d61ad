"""Scores of tracks against the ground truth, in images and on the ground, and result rows with speeds."""
