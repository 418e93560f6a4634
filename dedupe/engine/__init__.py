"""The matching engine: records in, scored pairs with their reasons out. It knows no database and no web page.

`find_pairs` looks through a whole store, `score_pair` scores two records, `rank_matches` looks one person up.
The stages, a module each: records → admission (prepare, crowds) → blocking → compare → learning (frequencies,
dependence, defaults) → scoring → households → explain and warn → clusters; scan puts them together.
"""

from dedupe.engine.blocking import CappedBlock
from dedupe.engine.clusters import Clusters, Conflict, Link, make_clusters
from dedupe.engine.diffs import percent_alike, ssn_in_words
from dedupe.engine.explain import Part, band_of
from dedupe.engine.fields import Field, Level
from dedupe.engine.parameters import Parameters, default_parameters
from dedupe.engine.prepare import why_not_matchable
from dedupe.engine.records import Key, MatchRecord, PairKey, Skipped, Stay, pair_key
from dedupe.engine.scan import MINIMUM_SCORE, Counts, ScanResult, ScoredPair, find_pairs, rank_matches, score_pair
from dedupe.engine.warn import PairWarning, WarningKind

__all__ = [
    "MINIMUM_SCORE",
    "CappedBlock",
    "Clusters",
    "Conflict",
    "Counts",
    "Field",
    "Key",
    "Level",
    "Link",
    "MatchRecord",
    "PairKey",
    "PairWarning",
    "Parameters",
    "Part",
    "ScanResult",
    "ScoredPair",
    "Skipped",
    "Stay",
    "WarningKind",
    "band_of",
    "default_parameters",
    "find_pairs",
    "make_clusters",
    "pair_key",
    "percent_alike",
    "rank_matches",
    "score_pair",
    "ssn_in_words",
    "why_not_matchable",
]
