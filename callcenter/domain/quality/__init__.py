"""Quality assessment: which conversations are listened to, and why just these."""
