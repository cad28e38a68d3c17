"""How often Python looks for garbage in circles.

What is kept here (events, visits, calls) is many small records that point at each other in one direction only: counting
references frees them. The collector would walk through all of them every few hundred new ones, and that was measured as
a fifth of the recorder's CPU time.
"""

import gc

_NEW_OBJECTS = 50_000
"""Between two looks at the young ones; what circles of tasks and tracebacks hold until then is a few megabytes."""


def look_seldom() -> None:
    """Leave what is loaded by now out of every collection, and collect the rest less often."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)
