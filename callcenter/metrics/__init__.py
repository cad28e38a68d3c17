"""Pure functions from visits and spells to summaries that merge: hour + hour = day."""
