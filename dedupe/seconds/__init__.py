"""Merges to which a second person has to agree."""
