"""Who is who: the people known so far, and the tracks that are named after them."""
