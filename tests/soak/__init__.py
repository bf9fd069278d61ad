"""Every tracker over frames without end: a crowd, garbage, and a calm scene after each, in which everybody must be followed."""
