"""How fast, and what it costs: each row of the table against a reference that runs beside it."""
