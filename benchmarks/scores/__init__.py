"""Scores of tracks against the truth, in images and on the ground."""
