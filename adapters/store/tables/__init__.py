"""Every table of the store, with the indices that its questions need.

Every key begins with the PBX, so that a table can be split by it. Names of indices are written out, for the migrations.
"""

from adapters.store.tables.agents import agent_days, spells, stays, unnamed
from adapters.store.tables.calls import anomalies, disagreements, legs, loose_ends, refusals, ring_attempts, visits
from adapters.store.tables.columns import metadata
from adapters.store.tables.counted import (
    agent_intervals,
    counting_rules,
    qa_draws,
    qa_samples,
    queue_intervals,
    recording_links,
    stale_marks,
)
from adapters.store.tables.heard import (
    callers,
    events,
    feed_adapters,
    feed_changes,
    feed_holes,
    feed_progress,
    feed_sources,
    pbx_starts,
    pbxs,
    queue_settings,
    snapshots,
    wordings,
)
from adapters.store.tables.people import (
    assignments,
    directory_changes,
    pending_corrections,
    people,
    told_members,
)

__all__ = [
    "agent_days",
    "agent_intervals",
    "anomalies",
    "assignments",
    "callers",
    "counting_rules",
    "directory_changes",
    "disagreements",
    "events",
    "feed_adapters",
    "feed_changes",
    "feed_holes",
    "feed_progress",
    "feed_sources",
    "legs",
    "loose_ends",
    "metadata",
    "pbx_starts",
    "pbxs",
    "pending_corrections",
    "people",
    "qa_draws",
    "qa_samples",
    "queue_intervals",
    "queue_settings",
    "recording_links",
    "refusals",
    "ring_attempts",
    "snapshots",
    "spells",
    "stale_marks",
    "stays",
    "told_members",
    "unnamed",
    "visits",
    "wordings",
]
