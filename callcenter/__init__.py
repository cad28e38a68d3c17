"""What a call centre is, what it counts, and what it shows."""
