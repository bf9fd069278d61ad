"""Person crops: reading folders, drawing batches, changing images at random."""
