"""Identity: the people known so far, and the assignment of tracks to them."""
