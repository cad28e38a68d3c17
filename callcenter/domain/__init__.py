"""The call centre in the trade's own words. Pure: no I/O, no clock, no framework."""
