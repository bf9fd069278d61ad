"""Training: from a recipe in YAML to a weights file."""
