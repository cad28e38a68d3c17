"""Everything that touches the outside: a folder for each outside, none of which knows another."""
