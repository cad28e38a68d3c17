"""What happens on a PBX, in small stories that run at the same time: see `tests/asterisk/lab/stories.py`."""
