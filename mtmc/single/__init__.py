"""One camera from start to end: frames, detections and appearance to tracks, and the results on disk."""
