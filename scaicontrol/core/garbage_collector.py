"""What the garbage collector may cost a process that answers many."""

import gc
from typing import Final

# The young often, a few milliseconds each; everything once in ten million objects.
_THRESHOLDS: Final = (10_000, 10, 100)


def freeze_startup() -> None:
    """
    Take what was loaded at the start out of the collector's sight; call it once everything is imported and open.

    A full collection walks over all there is and holds the event loop: half a second over what never goes away.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
