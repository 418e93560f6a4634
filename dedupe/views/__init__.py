"""The pages of the merge desk: pairs, merges, scans, the vendor's work list, and who is here already."""

from dedupe.views import (
    apart,
    batch,
    blind,
    exact,
    figures,
    follow_ups,
    lookup,
    merges,
    model,
    pairs,
    scans,
    seconds,
    worklist,
)
from dedupe.views.blueprint import asking, blueprint

__all__ = [
    "apart",
    "asking",
    "batch",
    "blind",
    "blueprint",
    "exact",
    "figures",
    "follow_ups",
    "lookup",
    "merges",
    "model",
    "pairs",
    "scans",
    "seconds",
    "worklist",
]
