"""Readers of recordings, one per format."""
