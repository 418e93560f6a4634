"""Columns of the list: which ones somebody wants to see, and in which order."""
