"""The pages of the merge desk: pairs, merges, scans."""

from dedupe.views import merges, pairs, scans
from dedupe.views.blueprint import blueprint

__all__ = ["blueprint", "merges", "pairs", "scans"]
