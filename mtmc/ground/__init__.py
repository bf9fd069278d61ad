"""People on one ground, seen by several overlapping cameras: their detections of a moment, and tracks over time."""
