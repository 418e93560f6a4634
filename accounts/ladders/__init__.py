"""Policies of accounts as ladders: how many days of what, for whom, in versions that two people put in force."""
