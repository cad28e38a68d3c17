"""The tables of all metrics: what each is called, how it is computed, and whose rival formula it follows.

A changed formula raises the version, and name and version stand beside every number. Values are summaries that merge
(counts, `Ratio`, `Mean`, `Durations`, `Longest`, `Waits`); `number` makes the figure that is shown. Contradictory
formulas of one measure stand side by side under names of their own. What the stored facts cannot tell is not listed.
"""

from callcenter.metrics.definitions.agents import AGENT_METRICS
from callcenter.metrics.definitions.queues import QUEUE_METRICS
from callcenter.metrics.definitions.row import NEVER, Attribution, Definition, Measure, Unit, number

__all__ = ["AGENT_METRICS", "NEVER", "QUEUE_METRICS", "Attribution", "Definition", "Measure", "Unit", "number"]
