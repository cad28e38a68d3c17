"""Real Asterisks, started for the tests on loopback, and our numbers beside what they wrote themselves."""
