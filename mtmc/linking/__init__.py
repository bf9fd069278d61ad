"""Cameras that share no view: each followed alone, and what they tracked linked to people."""
