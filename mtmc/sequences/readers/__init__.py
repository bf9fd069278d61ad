"""Readers of recordings, one a format."""
