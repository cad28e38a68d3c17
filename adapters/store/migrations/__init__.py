"""How the tables came to be as they are, step by step; `migrate` brings any database to the last step."""
