"""SIP phones and callers of our own, for tests against a real Asterisk. Begin with `phone.py`."""
