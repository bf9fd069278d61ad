"""Utilities independent of networks and tracking: errors, files, command lines, reading ahead."""
