"""The pages of the merge desk: pairs, merges, scans, the vendor's work list."""

from dedupe.views import merges, pairs, scans, worklist
from dedupe.views.blueprint import blueprint

__all__ = ["blueprint", "merges", "pairs", "scans", "worklist"]
