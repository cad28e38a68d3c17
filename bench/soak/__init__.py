"""Hours of calls against the whole service: what it holds must stay as it is, and what it counts must be right."""
