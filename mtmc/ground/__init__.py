"""People on one ground plane, seen by several overlapping cameras: observations of a moment, and tracks over time."""
