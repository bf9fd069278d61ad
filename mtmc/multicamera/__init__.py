"""Multi-camera runs: workers that decode, detect and embed, the processing steps, and the results on disk."""
