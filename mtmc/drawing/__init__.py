"""Tracks drawn on images and on a floor plan."""
