"""The single-camera pipeline: from frames, detections and appearance to tracks, and the results on disk."""
