"""What a test needs around itself: a PBX that runs what we ship, our service on it, and the truth of its queue_log."""
