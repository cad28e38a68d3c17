"""Asterisk Manager Interface: bytes of a connection, live or recorded, become frames, and frames become facts."""
