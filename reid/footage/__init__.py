"""Single-camera footage on disk: images, and the boxes of people in them. mtmc tracks what this package reads."""
