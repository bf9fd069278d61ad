"""Person crops: reading data sets, sampling batches, augmenting images."""
