"""Resolving: how a request ended, and what has to be there before the team says so."""
