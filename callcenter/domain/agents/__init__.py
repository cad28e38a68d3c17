"""Agents: what was heard about queue members, and the spells that follow from it."""
