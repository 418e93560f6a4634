"""Requests for accounts: what has to be there before one opens, who has seen to it, and what is still open."""
