"""Reads Asterisk's queue_log: whole files, and the one that is being written."""
