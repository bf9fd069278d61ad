"""Damaged files of every kind that the commands read: each is read, or refused in one sentence with exit code 2."""
