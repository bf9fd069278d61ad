"""Scores of tracks against the truth, in images and on the ground, and the rows that they make with speeds."""
