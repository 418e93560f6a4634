"""Repairs: known faults of a vendor's exports, put right in a layer above the source rows.

A repair is a rule with a switch for each source. The source rows are never touched: what a rule changes stands beside
them, value by value (`models.repairs`), is worked out anew after every import, and goes when the switch is turned
off. A person may take a rule back from a single row; that holds for later imports too. Who shows, checks, counts or
exports client records reads through `adminops.hmis.layers`.
"""

from adminops.hmis.repairs.catalogue import RULES, Rule, in_order, rule_named
from adminops.hmis.repairs.recalculating import Counts, Outcome, recalculate, would_be

__all__ = ["RULES", "Counts", "Outcome", "Rule", "in_order", "recalculate", "rule_named", "would_be"]
