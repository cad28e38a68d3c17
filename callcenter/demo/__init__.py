"""A call centre to try things on: recorded traffic of a real Asterisk, and a PBX on loopback that replays it."""
