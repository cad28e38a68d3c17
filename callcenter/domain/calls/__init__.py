"""Calls: what was heard about them, and the queue visits that follow from it."""
